import {
  BACKFILL_CHOICES,
  BACKFILL_ORDERS,
  BACKFILL_STATES,
  MAX_BACKFILL_CONCURRENCY,
  SNAPSHOT_ACTIONS,
} from '../../core/seam/restatement.js'

type Json = Readonly<Record<string, unknown>>

const EPOCH = { oneOf: [{ type: 'string' }, { type: 'integer', minimum: 0 }] }
const RUN = { name: 'run', in: 'path', required: true, schema: { type: 'string' } }
const SNAPSHOT = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
const COUNT = {
  run: { type: 'string' },
  state: { type: 'string', enum: [...BACKFILL_STATES, 'failed'] },
  done: { type: 'integer', description: 'Segments computed.' },
  of: { type: 'integer', description: 'Segments to be computed.' },
}
const ORDERS: Readonly<Record<(typeof BACKFILL_ORDERS)[number], string>> = {
  pause: 'Begin no further segment until it is resumed',
  resume: 'Go on where it was paused',
  cancel: 'End it; nothing is published',
}
const ACTIONS: Readonly<Record<(typeof SNAPSHOT_ACTIONS)[number], string>> = {
  rollback: 'Put the contents of an older snapshot back in force for what it covered; later epochs stay',
  approve: 'Publish a held snapshot',
  reject: 'Drop a held snapshot',
}

/** What restates history and what decides about it, as OpenAPI paths. */
export function operationPaths(problems: Json): Record<string, Json> {
  const answers = (responses: Json): Json => ({ ...responses, ...problems })
  const paths: Record<string, Json> = {
    '/v1/backfills': {
      get: {
        tags: ['operation'],
        summary: 'Backfills, newest first, running and ended',
        parameters: [
          { name: 'stream', in: 'query', schema: { type: 'string' } },
          { name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 200, default: 20 } },
        ],
        responses: answers({ 200: json('The list', { backfills: { type: 'array', items: object(COUNT) } }) }),
      },
      post: {
        tags: ['operation'],
        summary: 'Compute segments of sealed epochs again and publish them behind the diff gate',
        description: 'As `tandem backfill`. One run is started for each stream that feeds the view.',
        requestBody: body({
          view: { type: 'string', description: 'Name of a view; or:' },
          stream: { type: 'string', description: 'name of a stream, for all of its views.' },
          from: { ...EPOCH, description: 'First epoch (append time): its start, yyyyMMddTHHmmssZ, or its index.' },
          to: { ...EPOCH, description: 'End, exclusive; everything that is published where it is absent.' },
          only: { type: 'string', enum: BACKFILL_CHOICES, default: 'all' },
          dryRun: { type: 'boolean', default: false, description: 'Only say what would be computed.' },
          concurrency: { type: 'integer', minimum: 1, maximum: MAX_BACKFILL_CONCURRENCY, default: 1 },
        }),
        responses: answers({
          202: json('Started', {
            backfills: {
              type: 'array',
              items: object({
                run: { type: 'string' },
                stream: { type: 'string' },
                view: { type: ['string', 'null'] },
              }),
            },
          }),
        }),
      },
    },
    '/v1/backfills/{run}': {
      get: {
        tags: ['operation'],
        summary: 'How far a backfill has come; the report of one that has ended',
        parameters: [RUN],
        responses: answers({ 200: json('The backfill', COUNT) }),
      },
    },
  }
  for (const order of BACKFILL_ORDERS)
    paths[`/v1/backfills/{run}/${order}`] = {
      post: {
        tags: ['operation'],
        summary: ORDERS[order],
        parameters: [RUN],
        responses: answers({ 200: json('How far it has come', COUNT), 409: refused('It has ended') }),
      },
    }
  const decision = {
    action: { type: 'string', enum: SNAPSHOT_ACTIONS },
    run: { type: 'string', description: 'Id of the workflow.' },
    stream: { type: 'string' },
    state: { type: 'string', enum: ['published', 'rejected', 'running'] },
    snapshot: { type: ['string', 'null'], description: 'The one that was published.' },
  }
  for (const action of SNAPSHOT_ACTIONS)
    paths[`/v1/snapshots/{id}/${action}`] = {
      post: {
        tags: ['seam'],
        summary: ACTIONS[action],
        parameters: [SNAPSHOT],
        requestBody: body({ reason: { type: 'string', default: 'manual', description: 'Why, as Temporal shows it.' } }),
        responses: answers({
          200: json('Decided', decision),
          202: json('Still at work', decision),
          409: refused('It cannot be, as things stand'),
        }),
      },
    }
  return paths
}

function object(properties: Json): Json {
  return { type: 'object', properties }
}

function json(description: string, properties: Json): Json {
  return { description, content: { 'application/json': { schema: object(properties) } } }
}

function body(properties: Json): Json {
  return { content: { 'application/json': { schema: { ...object(properties), additionalProperties: false } } } }
}

function refused(description: string): Json {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }
}
