import { expect, it } from 'vitest'
import { parseOffset } from './offset.js'

it('an offset is read exactly or not at all', () => {
  expect(parseOffset('0')).toBe(0)
  expect(parseOffset('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
  expect(parseOffset(12n)).toBe(12)
  for (const text of ['9007199254740993', '-1', '1.5', 'x', '1e30']) expect(() => parseOffset(text)).toThrow(RangeError)
})
