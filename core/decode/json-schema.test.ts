import { expect, test } from 'vitest'
import { z } from 'zod'
import { decimal, epochTime, fromText, instant, nullWhen } from '../define/column-schemas.js'
import { defineStream } from '../define/define-stream.js'
import { jsonSchemaOf } from './json-schema.js'

test('the JSON Schema of a stream says what its decoder accepts', () => {
  const stream = defineStream({
    name: 'orders',
    schema: z.object({
      at: instant(),
      seen: epochTime('seconds').optional(),
      n: z.int().min(0).lt(10),
      price: decimal(2).nullable(),
      cell: fromText(z.int()),
      code: z
        .string()
        .regex(/^[a-z]+$/)
        .max(3),
      who: nullWhen(z.enum(['M', 'W']), ['none']),
      pay: z.discriminatedUnion('by', [
        z.object({ by: z.literal('card') }),
        z.object({ by: z.literal('cash'), till: z.int() }),
      ]),
      tags: z.array(z.string()).max(4),
      place: z.tuple([z.number(), z.number()]),
      counts: z.record(z.string(), z.int()),
    }),
    eventTime: 'at',
  })
  expect(jsonSchemaOf(stream)).toEqual({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'orders',
    type: 'object',
    required: ['at', 'n', 'price', 'cell', 'code', 'who', 'pay', 'tags', 'place', 'counts'],
    properties: {
      at: { type: 'string', format: 'date-time', description: 'a time as iso' },
      seen: { type: 'number', description: 'a time as epoch-seconds' },
      n: { type: 'integer', minimum: 0, exclusiveMaximum: 10 },
      price: { anyOf: [{ type: 'number', description: 'a number with at most 2 decimals' }, { type: 'null' }] },
      cell: { anyOf: [{ type: 'integer' }, { type: 'string' }], description: 'a whole number (or its text)' },
      code: { type: 'string', maxLength: 3, pattern: '^[a-z]+$' },
      who: { anyOf: [{ enum: ['M', 'W'] }, { enum: ['none'], description: 'stands for null' }] },
      pay: {
        anyOf: [
          { type: 'object', properties: { by: { const: 'card' } }, required: ['by'] },
          {
            type: 'object',
            properties: { by: { const: 'cash' }, till: { type: 'integer' } },
            required: ['by', 'till'],
          },
        ],
      },
      tags: { type: 'array', items: { type: 'string' }, maxItems: 4 },
      place: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }], items: false, minItems: 2 },
      counts: { type: 'object', propertyNames: { type: 'string' }, additionalProperties: { type: 'integer' } },
    },
  })
})
