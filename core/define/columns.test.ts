import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { decimal, fromText, instant, localTime, nullWhen } from './column-schemas.js'
import { defineStream } from './define-stream.js'

const at = instant()

function columns(schema: z.ZodRawShape, names?: Readonly<Record<string, string>>) {
  const stream = defineStream({ name: 's', schema: z.object({ at, ...schema }), eventTime: 'at', columns: names ?? {} })
  return Object.fromEntries(
    stream.columns
      .filter((column) => column.name !== 'at')
      .map(({ name, type, path, json }) => [
        name,
        `${json ? 'json' : type.kind}${type.kind === 'decimal' ? type.scale : ''} ${path.join('.')}`,
      ]),
  )
}

describe('columns of a schema', () => {
  test('are named by the last key of each scalar, in order', () => {
    expect(
      columns({ a: z.string(), b: z.object({ c: z.int(), d: z.object({ e: z.boolean(), f: z.number() }) }) }),
    ).toEqual({
      a: 'text a',
      c: 'integer b.c',
      e: 'boolean b.d.e',
      f: 'real b.d.f',
    })
  })

  test('are named by their path where two paths share a last key within one record', () => {
    expect(columns({ id: z.int(), user: z.object({ id: z.int() }) })).toEqual({
      id: 'integer id',
      user_id: 'integer user.id',
    })
  })

  test('of a union are those of all members; one path with one type is one column', () => {
    const schema = z.union([
      z.object({ kind: z.literal('a'), n: z.int(), x: z.object({ v: z.string() }) }),
      z.object({ kind: z.literal('b'), n: z.int(), y: z.object({ v: z.string() }) }),
    ])
    // no record holds both x.v and y.v, and they have one type: one column
    expect(columns({ e: schema })).toEqual({ kind: 'text e.kind', n: 'integer e.n', v: 'text e.x.v' })
  })

  test('of union members with different types for one last key are named by their paths', () => {
    const schema = z.union([z.object({ x: z.object({ v: z.string() }) }), z.object({ y: z.object({ v: z.int() }) })])
    expect(columns({ e: schema })).toEqual({ e_x_v: 'text e.x.v', e_y_v: 'integer e.y.v' })
  })

  test('of lists and maps are JSON text', () => {
    expect(
      columns({
        tags: z.array(z.string()),
        attributes: z.record(z.string(), z.int()),
        any: z.unknown(),
        place: z.tuple([z.number(), z.number()]),
      }),
    ).toEqual({
      tags: 'json tags',
      attributes: 'json attributes',
      any: 'json any',
      place: 'json place',
    })
  })

  test('carry what metadata says: decimals, times, values that mean null, numbers as text', () => {
    expect(
      columns({
        fare: decimal(2).optional(),
        cell: fromText(decimal(3)).nullable(),
        age: nullWhen(z.int(), ['none']),
        when: localTime({ zone: 'Asia/Seoul' }),
        own: z.number().meta({ tandem: { decimal: 4 } }),
        gender: z.union([z.enum(['M', 'W']), z.literal('none')]).meta({ tandem: { nullWhen: ['none'] } }),
        level: z.literal([1, 2]),
        month: z.string().meta({ tandem: { time: { format: 'yyyyMM', zone: 'Asia/Seoul' } } }),
      }),
    ).toEqual({
      fare: 'decimal2 fare',
      cell: 'decimal3 cell',
      age: 'integer age',
      when: 'time when',
      own: 'decimal4 own',
      gender: 'text gender',
      level: 'integer level',
      month: 'time month',
    })
  })

  test('take a name of their own from `columns`', () => {
    expect(columns({ a: z.object({ b: z.int() }), c: z.object({ b: z.string() }) }, { first: 'a.b' })).toEqual({
      first: 'integer a.b',
      b: 'text c.b',
    })
  })
})

describe('a definition is refused, naming stream and field, where', () => {
  const refused = (schema: z.ZodRawShape, names?: Readonly<Record<string, string>>) => {
    try {
      columns(schema, names)
    } catch (error) {
      return (error as Error).message
    }
    throw new Error('it was accepted')
  }
  test.each<[string, z.ZodRawShape, RegExp]>([
    [
      'one path has two types',
      { a: z.union([z.string(), z.int()]) },
      /column "a" would have two types, text at "a" and integer at "a".*nullWhen/,
    ],
    ['a literal mixes types', { a: z.literal(['x', 1]) }, /column "a" would have two types/],
    [
      'joined names clash',
      { a_b: z.int(), a: z.object({ b: z.int() }), b: z.int() },
      /"a_b" and "a.b" would both be column "a_b"/,
    ],
    [
      'names differ by case alone',
      { a: z.int(), x: z.object({ A: z.int() }) },
      /column "A" \(field "x.A"\) differs from column "a" by case alone/,
    ],
    ['a name begins as the lake own columns do', { _ts: z.int() }, /begins with "_"/],
    ['a name is a member of every object', { constructor: z.int() }, /every JavaScript object has/],
    ['there is a transform', { a: z.string().transform(Number) }, /field "a" has a transform/],
    ['there is a default', { a: z.object({ b: z.int().default(1) }) }, /field "a.b" has a default/],
    ['there is a coercion', { a: z.coerce.number() }, /field "a" coerces/],
    ['there is a refine', { a: z.int().refine((n) => n > 1) }, /field "a" has a refine.*rejects/],
    ['there is a trim', { a: z.string().trim() }, /field "a" changes its value/],
    ['an object is strict', { a: z.strictObject({ b: z.int() }) }, /field "a" is strict/],
    ['a date is no JSON', { a: z.date() }, /zod type "date"/],
    ['a bigint is no JSON', { a: z.bigint() }, /zod type "bigint"/],
    ['an intersection', { a: z.intersection(z.object({ b: z.int() }), z.object({ c: z.int() })) }, /extend/],
    ['a schema refers to itself', { a: z.lazy(() => z.string()) }, /lazy/],
    ['a format is more than its pattern', { a: z.url() }, /check "url"/],
    [
      'metadata is misspelt',
      { a: z.number().meta({ tandem: { decimals: 2 } }) },
      /knows decimal, fromText, nullWhen, time, not "decimals"/,
    ],
    [
      'metadata does not fit',
      { a: z.string().meta({ tandem: { decimal: 2 } }) },
      /metadata of a number but is sent as text/,
    ],
    [
      'a time has bounds',
      {
        a: z
          .number()
          .min(3)
          .meta({ tandem: { time: { format: 'epoch-ms' } } }),
      },
      /time with min/,
    ],
  ])('%s', (_, schema, message) => {
    expect(refused(schema)).toMatch(message)
    expect(refused(schema)).toMatch(/^stream "s": /)
  })

  test('`columns` names a path that is not there', () => {
    expect(refused({ a: z.int() }, { b: 'a.c' })).toMatch(/columns.b names the path "a.c", which is not among at, a/)
  })
})
