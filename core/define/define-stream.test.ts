import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { instant } from './column-schemas.js'
import { defineStream, type StreamOptions } from './define-stream.js'

const schema = z.object({ at: instant(), user: z.string(), n: z.int(), tags: z.array(z.string()) })
type Options = StreamOptions<typeof schema, Readonly<Record<string, string>>>
const define = (options: Partial<Options> = {}) => defineStream({ name: 's', schema, eventTime: 'at', ...options })

describe('a stream', () => {
  test('has the stated defaults', () => {
    expect(define()).toMatchObject({
      kind: 'stream',
      topic: 's',
      dlqTopic: 's.dlq',
      key: null,
      id: null,
      rejects: [],
      maxBytes: 1_000_000,
      allowedLatenessMs: 60_000,
      earliestMs: null,
      partitions: 2,
    })
  })

  test('survives JSON and structuredClone whole, but for the schema, which it still has', () => {
    const stream = define({ rejects: (e) => ({ 'too-many': e.n.gt(5) }) })
    expect(JSON.parse(JSON.stringify(stream))).toEqual(structuredClone(stream))
    expect(structuredClone(stream).plan).toEqual(stream.plan)
    expect(Object.keys(stream)).not.toContain('schema')
    expect(stream.schema).toBe(schema)
  })

  test('is frozen', () => {
    const stream = define()
    expect(Object.isFrozen(stream) && Object.isFrozen(stream.columns) && Object.isFrozen(stream.plan.root)).toBe(true)
  })

  test('changes its hash with whatever changes a decoded row, and with nothing else', () => {
    const { hash } = define()
    expect(define({ partitions: 7, allowedLatenessMs: 1, topic: 't', key: 'user' }).hash).toBe(hash)
    expect(define({ maxBytes: 10 }).hash).not.toBe(hash)
    expect(define({ earliest: 0 }).hash).not.toBe(hash)
    expect(define({ rejects: (e) => ({ 'too-many': e.n.gt(5) }) }).hash).not.toBe(hash)
    expect(define({ id: 'user' }).hash).not.toBe(hash)
    expect(define({ id: ['user', 'n'] }).hash).not.toBe(define({ id: ['n', 'user'] }).hash)
    expect(define({ schema: schema.extend({ more: z.int() }) as never }).hash).not.toBe(hash)
  })

  test('has an id of one column or several, whose first is the key where none is given', () => {
    expect(define({ id: 'user' })).toMatchObject({ id: ['user'], key: 'user' })
    expect(define({ id: ['n', 'user'], key: 'user' })).toMatchObject({ id: ['n', 'user'], key: 'user' })
    expect(Object.isFrozen(define({ id: ['n', 'user'] }).id)).toBe(true)
  })

  test('reads `earliest` as an instant', () => {
    expect(define({ earliest: '2009-01-01T00:00:00-05:00' }).earliestMs).toBe(Date.UTC(2009, 0, 1, 5))
  })

  test.each<[string, Partial<Options>, RegExp]>([
    ['a name with capitals', { name: 'S' }, /stream "S": a name is lower-case/],
    ['a topic with a space', { topic: 'a b' }, /topic "a b"/],
    ['an event time that is no time', { eventTime: 'n' }, /eventTime "n" is integer; declare it with localTime/],
    ['a key that is a list', { key: 'tags' as never }, /key "tags" is a list/],
    ['an id that is a list', { id: ['user', 'tags' as never] }, /id "tags" is a list/],
    ['an id that names nothing', { id: 'nobody' as never }, /id names the column "nobody"/],
    ['an id without columns', { id: [] }, /id names no column/],
    ['a column named twice in its id', { id: ['user', 'user'] }, /or one twice/],
    ['too large a value', { maxBytes: 9_000_000 }, /maxBytes must be 1 to 8000000/],
    ['half a partition', { partitions: 0.5 }, /partitions must be 1 to 1000/],
    ['a lateness below zero', { allowedLatenessMs: -1 }, /allowedLatenessMs/],
    ['an earliest without zone', { earliest: '2009-01-01T00:00:00' }, /must say its zone/],
    [
      'a reason of the decoder',
      { rejects: (e) => ({ missing: e.n.gt(5) }) },
      /reason "missing" is one of the decoder's own/,
    ],
    ['a reason in camel case', { rejects: (e) => ({ tooMany: e.n.gt(5) }) }, /must be kebab-case/],
    [
      'a rule that is no condition',
      { rejects: (e) => ({ many: e.n as never }) },
      /reject rule "many" must be a condition/,
    ],
    [
      'a rule over a list',
      { rejects: (e) => ({ many: (e as never as { tags: { isNull(): never } }).tags.isNull() }) },
      /array or a map/,
    ],
  ])('is refused with %s', (_, options, message) => {
    expect(() => define(options)).toThrow(message)
  })

  test('is refused where the record is no object', () => {
    expect(() => defineStream({ name: 's', schema: z.array(z.int()) as never, eventTime: 'at' as never })).toThrow(
      /must be an object/,
    )
  })
})
