import { expect, test } from 'vitest'
import type { DeadLetter } from './dead-letter.js'
import { LetterBook, parseLetterPlace } from './letter-book.js'

function letter(partition: number, offset: number, reason: string, field: string | null = null): DeadLetter {
  const place = { topic: 't', partition, offset, timeMs: Date.UTC(2024, 0, 1) + offset }
  return { ...place, stream: 's', reason, field, found: null, expected: '', key: null, value: { encoding: 'none' } }
}

function bookOf(...records: readonly object[]): LetterBook<DeadLetter> {
  const book = new LetterBook((each) => each)
  for (const record of records) book.add(JSON.stringify(record))
  return book
}

const outcome = (of: string, what: string, atMs = 1) => ({ kind: 'outcome', of, outcome: what, atMs, why: null })
const keys = (found: Iterable<readonly [string, unknown]>) => [...found].map(([key]) => key)

test('a letter counts once however often it was written, and its first outcome holds, wherever it lies', () => {
  const book = bookOf(
    outcome('t/0/2', 'dropped'),
    letter(0, 1, 'json'),
    letter(0, 1, 'json'),
    letter(0, 2, 'json'),
    letter(1, 1, 'type', 'price'),
    outcome('t/1/1', 'replayed'),
    outcome('t/1/1', 'dropped', 2),
  )
  expect(book.counts()).toEqual([
    { reason: 'json', open: 1, replayed: 0, dropped: 1 },
    { reason: 'type', open: 0, replayed: 1, dropped: 0 },
  ])
  expect(book.outcome('t/1/1')?.outcome).toBe('replayed')
  expect(keys(book.where({ state: 'open' }))).toEqual(['t/0/1'])
  expect(keys(book.where({ field: 'price' }))).toEqual(['t/1/1'])
  expect(keys(book.where({ partition: 0, reason: 'json' }))).toEqual(['t/0/1', 't/0/2'])
})

test('places are offsets or append times, from inclusive and to exclusive', () => {
  const book = bookOf(letter(0, 1, 'json'), letter(0, 2, 'json'), letter(0, 3, 'json'))
  expect(keys(book.where({ from: { offset: 2 }, to: { offset: 3 } }))).toEqual(['t/0/2'])
  expect(parseLetterPlace('17')).toEqual({ offset: 17 })
  const from = parseLetterPlace('2024-01-01T00:00:00.002Z')
  expect(keys(book.where(from === null ? {} : { from }))).toEqual(['t/0/2', 't/0/3'])
  expect(parseLetterPlace('yesterday')).toBeNull()
})

test('what is neither a letter nor an outcome is refused', () => {
  const book = bookOf()
  expect(() => book.add('{"kind":"outcome","of":"t/0/1","outcome":"lost"}')).toThrow('"replayed" or "dropped"')
  expect(() => book.add('{"reason":"json"}')).toThrow('a dead letter must have')
})
