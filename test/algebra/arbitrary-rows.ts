import fc from 'fast-check'
import type { Column, Row, Scalar } from '../../core/define/column.js'

/** Columns of every type, for the laws that hold between the compilers. */
export const COLUMNS: readonly Column[] = (
  [
    ['t1', { kind: 'text' }],
    ['t2', { kind: 'text' }],
    ['i1', { kind: 'integer' }],
    ['i2', { kind: 'integer' }],
    ['d2', { kind: 'decimal', scale: 2 }],
    ['d4', { kind: 'decimal', scale: 4 }],
    ['r1', { kind: 'real' }],
    ['r2', { kind: 'real' }],
    ['b1', { kind: 'boolean' }],
    ['b2', { kind: 'boolean' }],
    ['at', { kind: 'time' }],
    ['z1', { kind: 'time' }],
  ] as const
).map(([name, type]) => ({ name, type, path: [name] }))

const MAX = Number.MAX_SAFE_INTEGER

/** Text as a decoder leaves it: well-formed, for a lone surrogate becomes U+FFFD. */
export const text: fc.Arbitrary<string> = fc
  .oneof(
    fc.constantFrom(
      '',
      'a',
      'A',
      'abcXYZ',
      'İΑΣ',
      'ß',
      '👍',
      '👍🏽x',
      '\ud800',
      'x\udc00y',
      '\0',
      'a\0b',
      ' \t x\n',
      "it's",
      '"\\',
      'é',
      '생수',
      '10',
      'none',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ maxLength: 5 }),
  )
  .map((value) => Buffer.from(value).toString())

/** Whole numbers about every bound that anything here has: powers of two and ten, and the last safe one. */
export const whole: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: -100, max: 100 }),
  fc.constantFrom(
    0,
    MAX,
    -MAX,
    MAX - 1,
    1 - MAX,
    2 ** 52,
    2 ** 40,
    2 ** 40 + 1,
    -(2 ** 40) - 1,
    94_906_265,
    94_906_266,
    2 ** 31,
    -(2 ** 31),
  ),
  fc.tuple(fc.integer({ min: 0, max: 52 }), fc.integer({ min: -1, max: 1 })).map(([e, d]) => 2 ** e + d),
  fc.integer({ min: 0, max: 15 }).map((e) => 5 * 10 ** e - 1),
  fc.maxSafeInteger(),
)

/** Finite, never −0. */
export const real: fc.Arbitrary<number> = fc
  .oneof(
    fc.constantFrom(
      0,
      0.1,
      0.5,
      -0.5,
      1.5,
      2.5,
      -2.5,
      0.49999999999999994,
      1e300,
      -1e300,
      5e-324,
      2 ** -64,
      2 ** 128,
      1.005,
      2 ** 52 + 0.5,
      2 ** 51 + 0.5,
    ),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1000, max: 1000, noNaN: true }),
  )
  .map((value) => value + 0)

/** Instants within a day of clock changes, window bounds and 1970 among them. */
export const instant: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    0,
    -1,
    59_999,
    60_000,
    -60_000,
    Date.UTC(2024, 2, 10, 7),
    Date.UTC(2024, 10, 3, 6) - 1,
    Date.UTC(1908, 2, 31, 15, 32, 8),
    8.64e15,
    -8.64e15,
  ),
  fc.integer({ min: Date.UTC(1890, 0), max: Date.UTC(2110, 0) }),
  fc.integer({ min: Date.UTC(2024, 0), max: Date.UTC(2024, 0) + 7_200_000 }),
)

/** A column's value by its type, null among them. */
export function scalar(column: Column): fc.Arbitrary<Scalar> {
  const of: Record<Column['type']['kind'], fc.Arbitrary<Scalar>> = {
    text,
    integer: whole,
    decimal: whole,
    real,
    boolean: fc.boolean(),
    time: instant,
  }
  return fc.option(of[column.type.kind], { nil: null, freq: 6 })
}

/** A row of `COLUMNS`; `at`, the event time, is never null. */
export const row: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(COLUMNS.map((column) => [column.name, column.name === 'at' ? instant : scalar(column)])),
)
