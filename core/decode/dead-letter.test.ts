import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crc32 } from './crc32.js'
import { DEAD_LETTER_HEAD_BYTES, deadLetterKey, deadLetterOf, parseDeadLetter } from './dead-letter.js'
import { rejection } from './rejection.js'

const place = { topic: 'orders', partition: 3, offset: 42, timeMs: 1_700_000_000_000 }
const why = rejection('type', 'user.age', 'x', 'a whole number')
const letter = (value: Uint8Array | null, maxBytes = 1_000_000) =>
  deadLetterOf('orders', maxBytes, place, why, Buffer.from('k'), value)

test('a dead letter says where, why and what, and survives JSON', () => {
  const made = letter(Buffer.from('{"user":{"age":"x"}}'))
  expect(made).toEqual({
    stream: 'orders',
    reason: 'type',
    field: 'user.age',
    found: '"x"',
    expected: 'a whole number',
    ...place,
    key: 'k',
    value: { encoding: 'utf8', text: '{"user":{"age":"x"}}' },
  })
  expect(parseDeadLetter(JSON.stringify(made))).toEqual(made)
  expect(deadLetterKey(place)).toBe('orders/3/42')
})

test('bytes that are no UTF-8 are kept in base64, no value as none', () => {
  expect(letter(Uint8Array.of(0xff, 0xfe)).value).toEqual({ encoding: 'base64', text: '//4=' })
  expect(letter(null).value).toEqual({ encoding: 'none' })
  expect(deadLetterOf('orders', 10, place, why, Uint8Array.of(0xff), null).key).toBeNull()
})

test('a value over maxBytes is kept by its first 64 KB, length and checksum', () => {
  const bytes = Buffer.alloc(200_000, 'é')
  const { value } = letter(bytes, 100_000)
  expect(value).toMatchObject({ encoding: 'head', bytes: 200_000, crc32: zlibCrc32(bytes) })
  expect(value.encoding === 'head' && Buffer.from(value.text, 'base64').length).toBe(DEAD_LETTER_HEAD_BYTES)
})

test('law: the value of any record comes back whole from its dead letter', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const { value } = parseDeadLetter(JSON.stringify(letter(bytes)))
      const back =
        value.encoding === 'utf8' || value.encoding === 'base64' ? Buffer.from(value.text, value.encoding) : null
      expect(back?.equals(bytes)).toBe(true)
    }),
  )
})

test('law: the checksum is the one of zlib', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32(bytes) === zlibCrc32(bytes)))
})

test('what is no dead letter is refused, naming what it lacks', () => {
  expect(() => parseDeadLetter('{"stream":"orders"}')).toThrow('a dead letter must have "reason"')
  expect(() => parseDeadLetter('3')).toThrow('must be a JSON object')
})
