import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decimal, epochTime, fromText, instant, localTime, nullWhen } from '../define/column-schemas.js'
import { defineStream } from '../define/define-stream.js'
import { compileDecoder } from './compile-decoder.js'

const NOW = Date.UTC(2024, 5, 1)

/** A schema and values that tend to fit it, so that both answers occur. */
interface Sample {
  readonly schema: z.ZodType
  readonly value: fc.Arbitrary<unknown>
}

const scalars: readonly Sample[] = [
  { schema: z.string(), value: fc.string({ unit: 'binary' }) },
  { schema: z.string().min(1).max(3), value: fc.string({ unit: 'binary', maxLength: 5 }) },
  { schema: z.string().regex(/^[a-c]+$/), value: fc.string({ unit: fc.constantFrom('a', 'b', 'd'), maxLength: 3 }) },
  { schema: z.uuid(), value: fc.uuid() },
  { schema: z.int(), value: fc.oneof(fc.integer(), fc.constantFrom(2 ** 53, -(2 ** 53) + 1, 2 ** 53 - 1, 1.5, -0)) },
  { schema: z.int().min(-2).lt(4), value: fc.integer({ min: -5, max: 5 }) },
  { schema: z.int().multipleOf(3), value: fc.integer({ min: -9, max: 9 }) },
  { schema: z.int32(), value: fc.constantFrom(2 ** 31, 2 ** 31 - 1, -(2 ** 31), -(2 ** 31) - 1) },
  { schema: z.number(), value: fc.double({ noNaN: true, noDefaultInfinity: true }) },
  { schema: z.number().gt(0.5).max(9.5), value: fc.constantFrom(0.5, 0.6, 9.5, 9.6) },
  { schema: z.boolean(), value: fc.boolean() },
  { schema: z.enum(['a', 'b', '__proto__']), value: fc.constantFrom('a', 'b', 'c', '__proto__') },
  { schema: z.literal(['x', 'y']), value: fc.constantFrom('x', 'y', 'z') },
  { schema: z.literal(7), value: fc.constantFrom(7, 8, '7') },
  {
    schema: decimal(2),
    value: fc.oneof(
      fc.integer({ min: -999, max: 999 }).map((n) => n / 100),
      fc.constantFrom(0.001, 1e14, 0.1 + 0.2),
    ),
  },
  { schema: decimal(3).min(-0.5), value: fc.constantFrom(-0.5, -0.501, 0.001) },
  {
    schema: fromText(z.int()),
    value: fc.oneof(fc.integer().map(String), fc.constantFrom('1.0', '1.5', '+1', ' 1', '', '9007199254740992')),
  },
  { schema: fromText(z.int().min(3)), value: fc.constantFrom('3', '2', 3, 2) },
  { schema: fromText(z.number()), value: fc.constantFrom('1e3', '1e999', 'NaN', '-0', '.5', '0.5') },
  { schema: fromText(decimal(2)), value: fc.constantFrom('1.23', '1.230', '1.234', '-0.01', 'x', 1.25, 1.255) },
  { schema: nullWhen(z.int(), ['none']), value: fc.constantFrom(1, 'none', 'None', null) },
  { schema: nullWhen(fromText(decimal(2)), ['']), value: fc.constantFrom('', '1.2', 'a') },
  { schema: nullWhen(z.string().min(2), ['', 'un']), value: fc.constantFrom('', 'un', 'u', 'une') },
  {
    schema: instant(),
    value: fc.constantFrom('2024-02-30T00:00:00Z', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00+09:00', '2024-02-29'),
  },
  {
    schema: localTime({ zone: 'Asia/Seoul' }),
    value: fc.constantFrom('2024-02-29 12:00:00', '2024-02-29T12:00:00', '2024-13-01 00:00:00'),
  },
  { schema: epochTime('ms'), value: fc.constantFrom(0, 8.64e15, 8.65e15, -1.5) },
  { schema: fromText(epochTime('seconds')), value: fc.constantFrom('1717200000', '1717200000.5', 'x', 1717200000) },
  { schema: z.union([z.literal(''), z.string().min(3)]), value: fc.constantFrom('', 'a', 'abc') },
  { schema: z.null(), value: fc.constant(null) },
]
const anything = fc.oneof(
  fc.constantFrom(null, true, 0, -0, 1.5, 1e300, '', 'none', '\ud800', '👍'),
  fc.jsonValue({ maxDepth: 2 }),
)
const scalar = fc.constantFrom(...scalars)
const wrapped = fc
  .tuple(scalar, fc.constantFrom('plain', 'optional', 'nullable', 'nullish', 'readonly'))
  .map(([sample, how]): Sample => {
    if (how === 'optional')
      return { schema: sample.schema.optional(), value: fc.option(sample.value, { nil: undefined }) }
    if (how === 'nullable') return { schema: sample.schema.nullable(), value: fc.option(sample.value, { nil: null }) }
    if (how === 'nullish') return { schema: sample.schema.nullish(), value: sample.value }
    return how === 'readonly' ? { schema: sample.schema.readonly(), value: sample.value } : sample
  })
const listed = fc
  .tuple(wrapped, fc.constantFrom('array', 'record', 'tuple', 'rest', 'unknown'))
  .map(([item, how]): Sample => {
    if (how === 'array') return { schema: z.array(item.schema).max(3), value: fc.array(item.value, { maxLength: 4 }) }
    if (how === 'record')
      return {
        schema: z.record(z.string().max(2), item.schema),
        value: fc.dictionary(fc.string({ maxLength: 3 }), item.value),
      }
    if (how === 'tuple') return { schema: z.tuple([z.int(), item.schema]), value: fc.tuple(fc.integer(), item.value) }
    if (how === 'rest')
      return {
        schema: z.tuple([z.int()]).rest(item.schema),
        value: fc.array(item.value, { maxLength: 2 }).map((v) => [1, ...v]),
      }
    return { schema: z.unknown(), value: fc.jsonValue() }
  })
const leaf = fc.oneof({ weight: 4, arbitrary: wrapped }, { weight: 1, arbitrary: listed })
const KEYS = ['a', 'b', 'c', 'key', 'deep key', '값'] as const

function objectOf(field: fc.Arbitrary<Sample>): fc.Arbitrary<Sample> {
  return fc.dictionary(fc.constantFrom(...KEYS), field, { minKeys: 1, maxKeys: 4 }).map((fields): Sample => {
    const entries = Object.entries(fields)
    return {
      schema: z.object(Object.fromEntries(entries.map(([key, { schema }]) => [key, schema]))),
      value: fc.record(
        Object.fromEntries(
          entries.map(([key, { value }]) => [
            key,
            fc.oneof({ weight: 30, arbitrary: value }, { weight: 1, arbitrary: anything }),
          ]),
        ),
      ),
    }
  })
}
const flat = objectOf(leaf)
const union = fc.tuple(flat, flat, fc.boolean(), fc.boolean()).map(([left, right, told, nullable]): Sample => {
  const add = (sample: Sample, kind: string): Sample => ({
    schema: told ? (sample.schema as z.ZodObject).extend({ kind: z.literal(kind) }) : sample.schema,
    value: fc
      .tuple(sample.value, fc.constantFrom('l', 'r', kind, kind, kind))
      .map(([value, said]) => ({ ...(value as object), kind: said })),
  })
  const [l, r] = [add(left, 'l'), add(right, 'r')]
  const options = nullable ? ([l.schema, r.schema, z.null()] as const) : ([l.schema, r.schema] as const)
  return { schema: z.union(options), value: fc.oneof(l.value, r.value, fc.constant(null)) }
})
const nested = objectOf(
  fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: flat }, { weight: 1, arbitrary: union }),
)

describe('the decoder and zod', () => {
  test('accept and reject the same records', () => {
    let accepted = 0
    let rejected = 0
    fc.assert(
      fc.property(
        nested.chain((sample) =>
          fc.tuple(
            fc.constant(sample),
            fc.array(fc.oneof({ weight: 9, arbitrary: sample.value }, { weight: 1, arbitrary: anything }), {
              minLength: 5,
              maxLength: 10,
            }),
          ),
        ),
        ([sample, values]) => {
          const schema = z.object({ at: epochTime('ms'), data: sample.schema })
          // names may clash, and then the definition is refused: not this law's matter
          const stream = defined(() => defineStream({ name: 'random', schema, eventTime: 'at' }))
          fc.pre(stream !== null)
          const decoder = compileDecoder(JSON.parse(JSON.stringify(stream)))
          for (const data of values) {
            const text = JSON.stringify({ at: NOW, data, more: { undeclared: 1 } })
            const bytes = Buffer.from(text)
            const decoded = decoder.decode(bytes, NOW)
            const judged = schema.safeParse(JSON.parse(bytes.toString()))
            expect(
              decoded.ok,
              `${text}: ${JSON.stringify(decoded)} but zod ${judged.error?.message ?? 'accepts'}`,
            ).toBe(judged.success)
            if (!decoded.ok) {
              rejected++
              expect(decoded.field === null || decoded.field.startsWith('data')).toBe(true)
              continue
            }
            accepted++
            expect(Object.keys(decoded.row)).toEqual(stream.columns.map((column) => column.name))
            expect(JSON.parse(decoder.extras(bytes) as string)).toMatchObject({ more: { undeclared: 1 } })
          }
        },
      ),
      { numRuns: 150 },
    )
    expect(accepted).toBeGreaterThan(50)
    expect(rejected).toBeGreaterThan(50)
  })
})

function defined<T>(define: () => T): T | null {
  try {
    return define()
  } catch (error) {
    if (error instanceof Error && /two types|would both be column|by case alone|no scalar field/.test(error.message))
      return null
    throw error
  }
}
