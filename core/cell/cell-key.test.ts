import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, text, whole } from '../../test/algebra/arbitrary-rows.js'
import { cellKey, parseCellKey, windowOfKey, withWindow } from './cell-key.js'

const dims = fc.array(fc.oneof(text, whole, fc.boolean(), fc.constant(null)), { maxLength: 4 })

test('law: parsing a key is the inverse of making it, and its window is read and replaced without parsing', () => {
  fc.assert(
    fc.property(instant, instant, dims, (window, other, values) => {
      const key = cellKey(window, values)
      expect(parseCellKey(key)).toEqual({ windowStartMs: window, dims: values })
      expect(windowOfKey(key)).toBe(window)
      expect(withWindow(key, other)).toBe(cellKey(other, values))
    }),
  )
})

test('a key is compact JSON', () => {
  expect(cellKey(60_000, ['생수', null, 30, true])).toBe('[60000,"생수",null,30,true]')
  expect(cellKey(0, [])).toBe('[0]')
})

test.each(['', '{}', '["x"]', '[1.5]'])('%s is refused as a key', (key) => {
  expect(() => parseCellKey(key)).toThrow()
})
