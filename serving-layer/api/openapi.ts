// Longer than most files: it is one document, and its parts mean little apart.

import { jsonSchemaOf } from '../../core/decode/json-schema.js'
import { LETTER_STATES } from '../../core/decode/letter-book.js'
import type { ColumnType } from '../../core/define/column.js'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { FILTER_OPERATORS } from '../query/filter.js'
import { showSize } from '../query/time-range.js'
import { MAX_ROWS } from '../query/view-query.js'
import { SINCE_HEADER, TOKEN_HEADER } from './answer-token.js'
import type { Serving } from './api-deps.js'
import { collectionPaths } from './openapi-collections.js'
import { operationPaths } from './openapi-operations.js'

type Json = Readonly<Record<string, unknown>>

/** OpenAPI 3.1: the fixed endpoints, and per view and stream of the catalog its own rows, filters and records. */
export function openApiOf(catalog: Catalog, serving: Serving | null): Json {
  const views = serving ? [...serving.readers.views.values()].map(({ view }) => view) : [...catalog.views.values()]
  const paths: Record<string, Json> = {
    ...FIXED,
    ...operationPaths(PROBLEMS),
    ...collectionPaths([...catalog.collections.values()]),
  }
  for (const view of views) {
    const rows = `#/components/schemas/${schemaName(view.name)}Answer`
    paths[`/v1/views/${view.name}`] = {
      get: {
        tags: ['views'],
        summary: `View ${view.name}: ${view.measures.map(({ name }) => name).join(', ')} by ${view.dimensions.map(({ name }) => name).join(', ') || 'window alone'}`,
        parameters: [...viewParameters(view), SINCE],
        responses: { 200: json('The merged answer', { $ref: rows }), ...PROBLEMS },
      },
    }
  }
  for (const stream of catalog.streams.values()) {
    paths[`/v1/streams/${stream.name}`] = {
      post: {
        tags: ['streams'],
        summary: `Send records to stream ${stream.name}`,
        description: POST_TEXT,
        requestBody: {
          required: true,
          content: {
            'application/json': {
              schema: {
                oneOf: [
                  ref(`${schemaName(stream.name)}Record`),
                  { type: 'array', items: ref(`${schemaName(stream.name)}Record`) },
                ],
              },
            },
            'application/x-ndjson': { schema: { type: 'string', description: 'One record a line.' } },
          },
        },
        responses: {
          200: json('All were taken', ref('Sent')),
          207: json('Some were refused', ref('Sent')),
          422: problem('All were refused'),
          ...PROBLEMS,
        },
      },
    }
  }
  const schemas: Record<string, unknown> = { ...SCHEMAS }
  for (const view of views) {
    schemas[`${schemaName(view.name)}Row`] = rowSchema(view)
    schemas[`${schemaName(view.name)}Answer`] = {
      allOf: [
        ref('Answer'),
        { type: 'object', properties: { rows: { type: 'array', items: ref(`${schemaName(view.name)}Row`) } } },
      ],
    }
  }
  for (const stream of catalog.streams.values()) schemas[`${schemaName(stream.name)}Record`] = jsonSchemaOf(stream)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tandem',
      version: '1',
      description:
        'One definition, two layers, one exact answer. Every answer is a recount of one prefix of each partition, and `provenance` says which. Errors are problem details (RFC 9457).',
    },
    tags: [
      { name: 'views', description: 'Answers merged from the batch and the speed layer.' },
      { name: 'streams', description: 'Streams, and records sent to them.' },
      { name: 'collections', description: 'Latest documents by id, by words and by place.' },
      { name: 'seam', description: 'Snapshots, parity, ledger and dead letters: why the numbers can be trusted.' },
      { name: 'operation', description: 'Health, readiness, metrics, layers, runs, backfills.' },
    ],
    paths,
    components: { schemas },
  }
}

function viewParameters(view: ViewDefinition): Json[] {
  const dimensions = view.dimensions.map(({ name }) => name)
  const example = view.dimensions[0] ? `${view.dimensions[0].name}:is:…` : undefined
  return [
    query('from', INSTANT_TEXT, { type: 'string', default: '-1h' }),
    query('to', INSTANT_TEXT, { type: 'string', default: 'now' }),
    query(
      'window',
      `A whole multiple of ${showSize(view.windows[0] as number)}, \`1d\` (a day of the zone) or \`all\` (one window).`,
      { type: 'string', default: showSize(view.windows[0] as number) },
    ),
    query('zone', 'IANA zone of days, and of instants without an offset.', { type: 'string', default: view.zone }),
    query(
      'groupBy',
      `Dimensions that make a row, separated by commas; empty for none. There are: ${dimensions.join(', ') || 'none'}.`,
      { type: 'string', default: dimensions.join(',') },
    ),
    {
      ...query('filter', FILTER_TEXT, { type: 'array', items: { type: 'string' } }),
      explode: true,
      ...(example ? { example: [example] } : {}),
    },
    query('order', 'Fields of the answer, separated by commas, each with "-" before it for descending.', {
      type: 'string',
      default: ['window', ...dimensions].join(','),
    }),
    query('limit', 'Rows at most.', { type: 'integer', minimum: 1, maximum: MAX_ROWS, default: 100 }),
    query('split', '`layer` adds to each row what each layer contributed.', { type: 'string', enum: ['layer'] }),
    query('asOf', 'Id of a snapshot: its segments alone are read, never hot cells; once for each stream of the view.', {
      type: 'string',
    }),
  ]
}

function rowSchema(view: ViewDefinition): Json {
  const properties: Record<string, Json> = {
    window: { type: 'string', format: 'date-time', description: "The window's start." },
  }
  for (const { name, type } of view.dimensions) properties[name] = { ...columnSchema(type), description: 'Dimension.' }
  for (const { name, spec } of view.measures) {
    const value =
      spec.kind === 'quantile' && spec.probabilities.length > 1 ? { type: 'object' } : { type: ['number', 'null'] }
    properties[name] = { oneOf: [value, { const: 'overflow' }], description: `Measure: ${spec.kind}.` }
  }
  return { type: 'object', properties }
}

function columnSchema({ kind }: ColumnType): Json {
  if (kind === 'text') return { type: ['string', 'null'] }
  if (kind === 'boolean') return { type: ['boolean', 'null'] }
  if (kind === 'time') return { type: ['string', 'null'], format: 'date-time' }
  return { type: [kind === 'integer' ? 'integer' : 'number', 'null'] }
}

function schemaName(name: string): string {
  return name.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, _gap, first: string) => first.toUpperCase())
}

function ref(schema: string): Json {
  return { $ref: `#/components/schemas/${schema}` }
}

function json(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } }
}

function problem(description: string): Json {
  return { description, content: { 'application/problem+json': { schema: ref('Problem') } } }
}

function query(name: string, description: string, schema: Json): Json {
  return { name, in: 'query', description, schema }
}

function list(tag: string, summary: string, parameters: readonly Json[] = []): Json {
  return {
    get: { tags: [tag], summary, parameters, responses: { 200: json('The list', { type: 'object' }), ...PROBLEMS } },
  }
}

const INSTANT_TEXT =
  'ISO 8601 instant, a day such as 2024-05-01, UTC milliseconds, `now`, or a time before now such as `-1h`. Moved outward to window bounds; `moved` then says what was asked for.'
const FILTER_TEXT = `\`<dimension>:<operator>:<value>\`, repeatable, all must hold. Operators: ${FILTER_OPERATORS.join(', ')}. \`in\` takes a comma-separated list, \`null\` and \`notNull\` no value. Such as \`word:is:생수\`, \`age:gte:20\`.`
const POST_TEXT =
  'An object, an array or NDJSON. Each record is checked by the decoder that both layers use; good ones are sent and acknowledged by the broker, refused ones are answered one by one with field, value and expectation. Numbers keep the digits they were sent with.'
const PROBLEMS: Json = {
  400: problem('A parameter or the body cannot be used'),
  404: problem('No such view or stream'),
  503: problem('An engine is down, or the view is building'),
}
const STREAM = query('stream', 'Name of a stream.', { type: 'string' })
const SNAPSHOT = { name: 'id', in: 'path', required: true, schema: { type: 'string' } } as const
const LIMIT = query('limit', 'Entries at most.', { type: 'integer', minimum: 1 })
const VIEW = { name: 'view', in: 'path', required: true, schema: { type: 'string' } }
const SINCE = {
  name: SINCE_HEADER,
  in: 'header',
  description: `The newest ${TOKEN_HEADER} that the client was given, by whichever node; what it was answered before and this answer lacks is then in \`degraded\`.`,
  schema: { type: 'string' },
}
const INTERVAL = query('interval', 'Milliseconds between two events.', {
  type: 'integer',
  minimum: 200,
  maximum: 60_000,
  default: 1_000,
})

const FIXED: Record<string, Json> = {
  '/v1/views': list('views', 'Definitions of all views'),
  '/v1/views/{view}/trending': {
    get: {
      tags: ['views'],
      summary: 'Groups by how far their current rate stands out',
      description:
        "`current` counts the last 5 minutes of windows, ending with the running one. `expected` is the mean over up to 4 earlier weeks of the same hour of the week in the view's zone, from segments alone, scaled to 5 minutes; a week counts where the view has any cell in that hour. score = (current − expected) / √(expected + 1); ties by current, then by key. Without an earlier week `history` is `short` and the rank is by current.",
      parameters: [
        VIEW,
        query('groupBy', 'Dimensions to rank; the first one by default.', { type: 'string' }),
        query('measure', 'A count or a sum; the first count by default.', { type: 'string' }),
        { ...query('filter', FILTER_TEXT, { type: 'array', items: { type: 'string' } }), explode: true },
        query('limit', 'Rows at most.', { type: 'integer', minimum: 1, maximum: 1_000, default: 10 }),
        SINCE,
      ],
      responses: { 200: json('The ranking', ref('Trending')), ...PROBLEMS },
    },
  },
  '/v1/views/{view}/cells': {
    get: {
      tags: ['views'],
      summary: 'Every cell at the finest window, with one prefix',
      description:
        'NDJSON: first a line with `view`, `viewHash`, `resolutionMs`, `total` and `provenance`, then a line `{key, registers, measures}` per cell. For recounts.',
      parameters: [VIEW],
      responses: { 200: { description: 'The cells', content: { 'application/x-ndjson': {} } }, ...PROBLEMS },
    },
  },
  '/v1/views/{view}/live': {
    get: {
      tags: ['views'],
      summary: 'The same answer as server-sent events',
      description:
        'Parameters as of the view, and `interval`. Events: `answer` (an answer), `problem` (a problem; the connection stays).',
      parameters: [VIEW, INTERVAL],
      responses: { 200: { description: 'Events', content: { 'text/event-stream': {} } }, ...PROBLEMS },
    },
  },
  '/v1/views/{view}/trending/live': {
    get: {
      tags: ['views'],
      summary: 'The ranking as server-sent events',
      parameters: [VIEW, INTERVAL],
      responses: { 200: { description: 'Events', content: { 'text/event-stream': {} } }, ...PROBLEMS },
    },
  },
  '/v1/streams': list('streams', 'Definitions of all streams'),
  '/v1/snapshots': list('seam', 'Snapshots, newest first, and those that are held', [STREAM, LIMIT]),
  '/v1/snapshots/{id}': list('seam', 'One snapshot, published or held', [SNAPSHOT]),
  '/v1/snapshots/{id}/diff': list(
    'seam',
    'What a snapshot says else than the one it was built on; of a held one, would',
    [SNAPSHOT, query('with', 'Another snapshot of the same stream to compare with.', { type: 'string' })],
  ),
  '/v1/parity': list('seam', 'Comparisons of the two layers, newest first', [
    STREAM,
    query('view', 'Name of a view.', { type: 'string' }),
    LIMIT,
  ]),
  '/v1/ledger': list('seam', 'Records read per partition and epoch, as each layer counted them', [STREAM, LIMIT]),
  '/v1/dead-letters': list(
    'seam',
    'Refused records of a stream, newest first, each once, counted by what became of them',
    [
      { ...STREAM, required: true },
      query('reason', 'Only those refused for this reason.', { type: 'string' }),
      query('field', 'Only those with this offending field.', { type: 'string' }),
      query('partition', 'Only those of this partition.', { type: 'integer', minimum: 0 }),
      query('state', 'Only those that are open, replayed or dropped.', { type: 'string', enum: LETTER_STATES }),
      query('from', 'From this offset, or this append time (ISO 8601), inclusive.', { type: 'string' }),
      query('to', 'Up to this offset or append time, exclusive.', { type: 'string' }),
      LIMIT,
    ],
  ),
  '/v1/dead-letters/{stream}/{partition}/{offset}': list('seam', 'One refused record whole, and what became of it', [
    { name: 'stream', in: 'path', required: true, schema: { type: 'string' } },
    { name: 'partition', in: 'path', required: true, schema: { type: 'integer' } },
    { name: 'offset', in: 'path', required: true, schema: { type: 'integer' } },
  ]),
  '/v1/runs': list('operation', 'Runs of the weekly refresh, newest first', [LIMIT]),
  '/v1/runs/{id}': list('operation', 'Everything that one run of the refresh reported', [
    { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
  ]),
  '/v1/layers': list('operation', 'The layers as they stand: rates, lag, freshness, boundary, parity'),
  '/healthz': list('operation', 'Alive, and everything that is not as it should be'),
  '/readyz': list('operation', 'Whether answers can be given without waiting'),
  '/metrics': {
    get: {
      tags: ['operation'],
      summary: 'Metrics for Prometheus',
      responses: { 200: { description: 'Text format 0.0.4', content: { 'text/plain': {} } } },
    },
  },
}

const SCHEMAS: Json = {
  Problem: {
    type: 'object',
    required: ['type', 'title', 'status', 'detail'],
    properties: {
      type: { type: 'string' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string' },
      parameter: { type: 'string', description: 'The parameter that cannot be used.' },
      value: { type: 'string', description: 'Its value.' },
      expected: { description: 'What was expected.' },
      code: {
        type: 'string',
        description: 'mongodb, lake, redis, kafka, elasticsearch, temporal, building, not-loaded or starting.',
      },
    },
  },
  Answer: {
    type: 'object',
    properties: {
      view: { type: 'string' },
      from: { type: 'string', format: 'date-time', description: 'Inclusive.' },
      to: { type: 'string', format: 'date-time', description: 'Exclusive.' },
      moved: {
        type: ['object', 'null'],
        description: 'The range asked for, where it was moved outward to window bounds.',
      },
      window: { type: 'string' },
      resolution: { type: 'string', description: 'The coarsest stored window that the answer was merged from.' },
      zone: { type: 'string' },
      groupBy: { type: 'array', items: { type: 'string' } },
      rows: { type: 'array', items: { type: 'object' } },
      total: { type: 'integer', description: 'Rows before `limit`.' },
      provenance: ref('Provenance'),
    },
  },
  Trending: {
    type: 'object',
    properties: {
      view: { type: 'string' },
      measure: { type: 'string' },
      history: { enum: ['full', 'short'] },
      weeks: { type: 'integer', description: 'Earlier weeks that were looked at.' },
      rows: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            current: { type: 'number' },
            expected: { type: ['number', 'null'] },
            score: { type: 'number' },
          },
        },
      },
      provenance: ref('Provenance'),
    },
  },
  Provenance: {
    type: 'object',
    description: 'Where an answer comes from. What is kept per stream is an object by stream name.',
    properties: {
      at: { type: 'string', format: 'date-time' },
      prefix: {
        type: 'object',
        description: 'L per stream and partition: exactly the delivered records with offset < L are counted.',
      },
      imports: { type: 'object', description: 'Imported files that count beside it, by sha256, per stream.' },
      snapshots: {
        type: 'object',
        description: 'Id and sequence of the snapshot in use, per stream; null before the first seal.',
      },
      boundary: {
        type: 'object',
        description:
          'Per stream and partition: first offset not in the snapshot, and the first epoch it does not cover.',
      },
      epochs: { type: 'object', description: 'Epochs whose hot cells count, per stream.' },
      segments: { type: 'object', description: 'Segments of the view in force, per stream.' },
      parity: { type: 'object', description: 'Comparisons of both layers, summed up per stream.' },
      tiers: {
        type: 'array',
        description:
          'Which tier gave which part of the range, the oldest first; parts overlap where records came late.',
        items: {
          type: 'object',
          properties: {
            tier: { enum: ['hot', 'warm', 'cold'], description: 'Redis, MongoDB, Parquet.' },
            from: { type: 'string', format: 'date-time', description: 'Inclusive.' },
            to: { type: 'string', format: 'date-time', description: 'Exclusive.' },
            resolution: { type: 'string', description: 'Window size of its coarsest cells.' },
          },
        },
      },
      windows: {
        type: 'array',
        description: 'Per window with rows: layer (batch, speed, both) and whether it is likely complete.',
        items: { type: 'object' },
      },
      freshness: {
        type: 'object',
        description: 'Age of the newest counted record by broker time and by event time, ms.',
      },
      watermark: { type: ['string', 'null'], format: 'date-time' },
      degraded: {
        type: 'array',
        description: 'Partitions below what was answered before: offsets [from, to).',
        items: { type: 'object' },
      },
      restating: {
        type: ['object', 'null'],
        description: "Set while an earlier definition of the view answers: how far today's is, and what it waits for.",
        properties: {
          view: { type: 'string' },
          answers: { type: 'string', description: 'Hash of the definition that answers.' },
          wanted: { type: 'string', description: "Hash of today's." },
          progress: {
            type: 'object',
            description: 'Per stream: segments done, and of how many; null before the start.',
          },
          waitsFor: { enum: ['start', 'segments', 'hot-state'] },
          failure: { type: ['string', 'null'] },
        },
      },
      pointerAgeMs: { type: 'number' },
      hotAgeMs: { type: ['number', 'null'] },
    },
  },
  Sent: {
    type: 'object',
    properties: {
      stream: { type: 'string' },
      received: { type: 'integer' },
      accepted: { type: 'integer' },
      rejected: { type: 'integer' },
      rejections: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            index: { type: 'integer', description: 'Place in the array or among the lines, from 0.' },
            reason: { type: 'string' },
            field: { type: ['string', 'null'] },
            value: { type: ['string', 'null'] },
            expected: { type: 'string' },
          },
        },
      },
    },
  },
}
