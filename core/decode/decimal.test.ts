import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NOT_A_NUMBER, OUT_OF_RANGE, realOfText, scaledOfNumber, scaledOfText, TOO_MANY_DECIMALS } from './decimal.js'

const scale = fc.integer({ min: 0, max: 9 })
const scaled = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.constantFrom(0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
)

test('law: the text of a scaled number is read back, digit by digit', () => {
  fc.assert(
    fc.property(scaled, scale, fc.integer({ min: 0, max: 3 }), (value, s, zeros) => {
      const digits = String(Math.abs(value)).padStart(s + 1, '0')
      const fraction = `${digits.slice(digits.length - s)}${'0'.repeat(zeros)}`
      const text = `${value < 0 ? '-' : ''}${digits.slice(0, digits.length - s)}${s + zeros > 0 ? `.${fraction}` : ''}`
      expect(scaledOfText(text, s)).toBe(value + 0)
    }),
  )
})

test('law: a number that came from a scaled number is read back', () => {
  const value = fc.integer({ min: -(10 ** 12), max: 10 ** 12 })
  fc.assert(fc.property(value, scale, (v, s) => scaledOfNumber(v / 10 ** s, s) === v + 0))
})

test('law: whatever is accepted is safe, and the same number when divided again', () => {
  fc.assert(
    fc.property(fc.double(), scale, (x, s) => {
      const value = scaledOfNumber(x, s)
      if (Number.isFinite(value)) expect(Number.isSafeInteger(value) && value / 10 ** s === x).toBe(true)
    }),
  )
})

test('law: text that is no number never reads as one', () => {
  fc.assert(fc.property(fc.string(), (text) => !Number.isFinite(scaledOfText(text, 2)) || /^-?\d+(\.\d+)?$/.test(text)))
})

test.each([
  ['', NOT_A_NUMBER],
  ['-', NOT_A_NUMBER],
  ['.5', NOT_A_NUMBER],
  ['5.', NOT_A_NUMBER],
  ['+5', NOT_A_NUMBER],
  [' 5', NOT_A_NUMBER],
  ['1e3', NOT_A_NUMBER],
  ['0x10', NOT_A_NUMBER],
  ['１', NOT_A_NUMBER],
  ['1.234', TOO_MANY_DECIMALS],
  ['1.2300', 123],
  ['90071992547409.92', OUT_OF_RANGE],
  ['9'.repeat(400), OUT_OF_RANGE],
])('the text %j with 2 decimals is %d', (text, expected) => {
  expect(scaledOfText(text, 2)).toBe(expected)
})

test('reals are read in the forms of JSON, infinity is out of range', () => {
  expect(realOfText('-1.5e3')).toBe(-1500)
  expect(realOfText('1e999')).toBe(OUT_OF_RANGE)
  expect(realOfText('Infinity')).toBe(NOT_A_NUMBER)
  expect(Object.is(realOfText('-0.0'), 0)).toBe(true)
})
