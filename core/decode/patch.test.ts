import { describe, expect, test } from 'vitest'
import { applyPatches, parsePatch, parseUnset } from './patch.js'

const apply = (record: unknown, ...texts: string[]) => applyPatches(record, texts.map(parsePatch))

describe('a patch sets one place of a record', () => {
  test.each([
    ['JSON', 'age=42', { age: 42 }],
    ['text as it stands', 'age=forty two', { age: 'forty two' }],
    ['text that would be a number', 'age="42"', { age: '42' }],
    ['text that begins with a digit', 'age=2024-05-01T00:00:00Z', { age: '2024-05-01T00:00:00Z' }],
    ['nothing', 'age=null', { age: null }],
    ['an empty text', 'age=', { age: '' }],
    ['a value with "="', 'age=a=b', { age: 'a=b' }],
    ['an object', 'age={"years": 4}', { age: { years: 4 } }],
    ['objects that are missing on the way', 'a.b.c=1', { age: ' 7 ', a: { b: { c: 1 } } }],
    ['a key with a dot', '"a.b"=1', { age: ' 7 ', 'a.b': 1 }],
    ['another field', 'b=$.age', { age: ' 7 ', b: ' 7 ' }],
    ['a missing field as null', 'b=$.none.at.all', { age: ' 7 ', b: null }],
    ['functions', 'age=number(trim($.age))', { age: 7 }],
    ['functions of several values', 'age=concat("n", $.age, 1)', { age: 'n 7 1' }],
    ['plain replacement, no pattern', 'age=replace($.age, " ", "$&")', { age: '$&7$&' }],
    ['rounding', 'age=round(multiply(1.005, 100), 1)', { age: 100.5 }],
    ['the first that is not null', 'age=first($.x, $.y, 3)', { age: 3 }],
    ['the whole record', '$={"new": true}', { new: true }],
  ])('%s: %s', (_, text, expected) => {
    expect(apply({ age: ' 7 ' }, text)).toEqual(expected)
  })

  test('several are applied in order, and the record given stays as it is', () => {
    const record = { items: [{ price: '1' }, { price: '2' }] }
    expect(apply(record, 'items[1].price=number($.items[1].price)', 'sum=add($.items[1].price, 1)')).toEqual({
      items: [{ price: '1' }, { price: 2 }],
      sum: 3,
    })
    expect(applyPatches(record, [parseUnset('items[0]')])).toEqual({ items: [{ price: '2' }] })
    expect(applyPatches(record, [parseUnset('a.b')])).toEqual(record)
    expect(record.items[1]?.price).toBe('2')
  })

  test('a record that is no JSON can only be set whole', () => {
    expect(apply(undefined, '$={"a": 1}', 'b=2')).toEqual({ a: 1, b: 2 })
    expect(() => apply(undefined, 'b=2')).toThrow('only the whole of it')
  })
})

test.each([
  ['age', 'expected a path, "=" and a value'],
  ['=1', 'does not begin with a path'],
  ['a..b=1', 'expected a path, "=" and a value'],
  ['age={"a"', 'is not JSON'],
  ['age=eval("1")', 'functions are text, number'],
  ['age=constructor($.a)', 'functions are text, number'],
  ['age=trim()', 'trim() takes 1 values, not 0'],
  ['age=trim($.a) + 1', 'is too much'],
  ['age=trim($.a', 'expected "," or ")"'],
  ['__proto__.polluted=1', '"__proto__" is no field'],
  ['a."__proto__"=1', '"__proto__" is no field'],
])('%s is refused: %s', (text, message) => {
  expect(() => parsePatch(text)).toThrow(message)
})

test.each([
  ['items[5]=1', 'the list has 1 entries'],
  ['items.x=1', 'the list has 1 entries'],
  ['name.x=1', '"name" is no object'],
  ['n=number($.name)', '"tea" is no number'],
  ['n=text($.items)', 'is no text, number or boolean'],
])('%s does not fit the record: %s', (text, message) => {
  expect(() => apply({ items: [1], name: 'tea' }, text)).toThrow(message)
})

test('nothing but the record is reached', () => {
  expect(apply({}, 'a=$.constructor', 'b=$.toString.name')).toEqual({ a: null, b: null })
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
})
