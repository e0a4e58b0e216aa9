import type { Bounds, Shape } from '../define/shape.js'
import type { StreamDefinition } from '../define/stream-definition.js'
import { acceptsAbsent } from './check-shape.js'
import { describeShape } from './describe-shape.js'

/** A JSON Schema (draft 2020-12), as plain data. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** JSON Schema of a stream's records as sent. What a schema cannot say (decimals as text, times) is in `description`. */
export function jsonSchemaOf(stream: StreamDefinition): JsonSchema {
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: stream.name, ...schemaOf(stream.plan.root) }
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'any':
      return {}
    case 'null':
      return { type: 'null' }
    case 'boolean':
      return { type: 'boolean' }
    case 'literal':
      return shape.values.length === 1 ? { const: shape.values[0] } : { enum: shape.values }
    case 'text': {
      const patterns = (shape.patterns ?? [])
        .filter(({ flags }) => flags === '' || flags === 'u')
        .map(({ source }) => ({ pattern: source }))
      return {
        type: 'string',
        ...(shape.minLength === undefined ? {} : { minLength: shape.minLength }),
        ...(shape.maxLength === undefined ? {} : { maxLength: shape.maxLength }),
        ...(patterns.length === 0 ? {} : patterns.length === 1 ? patterns[0] : { allOf: patterns }),
      }
    }
    case 'number':
    case 'decimal': {
      const number = { type: shape.kind === 'number' && shape.whole ? 'integer' : 'number', ...bounds(shape) }
      const described = { description: describeShape(shape) }
      if (shape.fromText) return { anyOf: [number, { type: 'string' }], ...described }
      const multiple = shape.kind === 'number' && shape.multipleOf !== undefined ? { multipleOf: shape.multipleOf } : {}
      return shape.kind === 'decimal' ? { ...number, ...described } : { ...number, ...multiple }
    }
    case 'time':
      return {
        type: shape.format.format.startsWith('epoch-') ? 'number' : 'string',
        ...(shape.format.format === 'iso' && shape.format.ignoreZ !== true ? { format: 'date-time' } : {}),
        description: describeShape(shape),
      }
    case 'optional':
      return schemaOf(shape.of)
    case 'nullable':
      return { anyOf: [schemaOf(shape.of), { type: 'null' }] }
    case 'null-when':
      return { anyOf: [schemaOf(shape.of), { enum: shape.values, description: 'stands for null' }] }
    case 'union':
      return { anyOf: shape.of.map(schemaOf) }
    case 'object':
      return {
        type: 'object',
        properties: Object.fromEntries(shape.fields.map(({ key, shape: of }) => [key, schemaOf(of)])),
        required: shape.fields.filter(({ shape: of }) => !acceptsAbsent(of)).map(({ key }) => key),
      }
    case 'array':
      return {
        type: 'array',
        items: schemaOf(shape.of),
        ...(shape.minLength === undefined ? {} : { minItems: shape.minLength }),
        ...(shape.maxLength === undefined ? {} : { maxItems: shape.maxLength }),
      }
    case 'tuple':
      return {
        type: 'array',
        prefixItems: shape.items.map(schemaOf),
        items: shape.rest === null ? false : schemaOf(shape.rest),
        minItems: shape.items.findLastIndex((item) => !acceptsAbsent(item)) + 1,
      }
    case 'record':
      return { type: 'object', propertyNames: schemaOf(shape.keys), additionalProperties: schemaOf(shape.of) }
  }
}

function bounds({ min, max, above, below }: Bounds): JsonSchema {
  return {
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(above === undefined ? {} : { exclusiveMinimum: above }),
    ...(below === undefined ? {} : { exclusiveMaximum: below }),
  }
}
