import { Router } from 'express'
import type { DeadLetter } from '../../../core/decode/dead-letter.js'
import {
  LETTER_STATES,
  LetterBook,
  type LetterFilter,
  type LetterPlace,
  parseLetterPlace,
} from '../../../core/decode/letter-book.js'
import { showLetter } from '../../../core/decode/show-letter.js'
import type { StreamDefinition } from '../../../core/define/stream-definition.js'
import { within } from '../../mirror/within.js'
import { ParameterError } from '../../query/parameter-error.js'
import { one, type Parameters } from '../../query/view-query.js'
import { UnavailableError } from '../../unavailable-error.js'
import type { ApiDeps } from '../api-deps.js'
import { listParameters } from '../lists.js'
import { ProblemError } from '../problem.js'
import { ready, streamNamed } from '../ready.js'

/** Records of a dead-letter topic read per partition, at most: duplicates and other reasons are among them. */
const MAX_READ = 20_000
const READ_TIMEOUT_MS = 15_000

/**
 * `GET /v1/dead-letters`: the newest refused records of a stream, each once, counted by reason and by what became of
 * them. `GET /v1/dead-letters/:stream/:partition/:offset`: one of them whole.
 */
export function deadLetterRoutes(deps: ApiDeps): Router {
  const router = Router()
  router.get('/v1/dead-letters', async (request, response) => {
    const serving = ready(deps)
    const own = ['reason', 'field', 'partition', 'state', 'from', 'to']
    const { parameters, stream, limit } = listParameters(request, serving, own, { otherwise: 20, max: 1_000 })
    if (stream === undefined)
      throw new ParameterError('stream', '', `the name of a stream: ${[...serving.readers.streams.keys()].join(', ')}`)
    const filter = letterFilter(parameters)
    const { book, readAll } = await read(deps, streamNamed(serving, stream).definition)
    const found = [...book.where(filter)].sort(
      ([, a], [, b]) => b.timeMs - a.timeMs || a.partition - b.partition || b.offset - a.offset,
    )
    response.json({
      stream,
      // False: the topic holds older ones that were not read.
      complete: readAll && found.length <= limit,
      counts: book.counts(filter),
      deadLetters: found.slice(0, limit).map(([key, letter]) => showLetter(letter, book.outcome(key))),
    })
  })

  router.get('/v1/dead-letters/:stream/:partition/:offset', async (request, response) => {
    const serving = ready(deps)
    const { stream, partition, offset } = request.params
    const { definition } = streamNamed(serving, stream)
    const key = `${definition.topic}/${partition}/${offset}`
    const { book } = await read(deps, definition)
    const letter = book.get(key)
    if (letter === undefined) throw noLetter(key)
    response.json(showLetter(letter, book.outcome(key), true))
  })
  return router
}

function noLetter(key: string): ProblemError {
  const detail = `there is no dead letter "${key}"; GET /v1/dead-letters lists them`
  return new ProblemError({ type: '/problems/not-found', title: 'Not found', status: 404, detail, value: key })
}

function letterFilter(parameters: Parameters): LetterFilter {
  const reason = one(parameters, 'reason')
  const field = one(parameters, 'field')
  const partition = one(parameters, 'partition')
  const state = one(parameters, 'state')
  const from = placeOf(parameters, 'from')
  const to = placeOf(parameters, 'to')
  if (partition !== undefined && !/^\d+$/.test(partition))
    throw new ParameterError('partition', partition, 'the number of a partition')
  const known = LETTER_STATES.find((each) => each === state)
  if (state !== undefined && known === undefined)
    throw new ParameterError('state', state, `one of ${LETTER_STATES.join(', ')}`)
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(field === undefined ? {} : { field }),
    ...(partition === undefined ? {} : { partition: Number(partition) }),
    ...(known === undefined ? {} : { state: known }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

function placeOf(parameters: Parameters, name: 'from' | 'to'): LetterPlace | undefined {
  const text = one(parameters, name)
  if (text === undefined) return undefined
  const place = parseLetterPlace(text)
  if (place === null) throw new ParameterError(name, text, 'an offset, or an append time (ISO 8601)')
  return place
}

interface Read {
  readonly book: LetterBook<DeadLetter>
  /** False: the topic holds older records that were not read. */
  readonly readAll: boolean
}

async function read(deps: ApiDeps, { name, dlqTopic }: StreamDefinition): Promise<Read> {
  try {
    return await within(READ_TIMEOUT_MS, `dead letters of stream "${name}"`, tail(deps, dlqTopic))
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    throw new UnavailableError(
      `the dead letters of stream "${name}" cannot be read from Kafka: ${what}`,
      'kafka',
      { stream: name },
      { cause },
    )
  }
}

async function tail({ log }: Pick<ApiDeps, 'log'>, topic: string): Promise<Read> {
  const book = new LetterBook((letter) => letter)
  let readAll = true
  for (const { partition, low, high } of await log.offsets(topic)) {
    const from = Math.max(low, high - MAX_READ)
    if (from > low) readAll = false
    if (from === high) continue
    for await (const { records } of log.readRange({ topic, partition, from, to: high })) {
      for (const { value, tick } of records) {
        if (!tick && value !== null) book.add(value.toString('utf8'))
      }
    }
  }
  return { book, readAll }
}
