import { Router } from 'express'
import { type DeadLetter, deadLetterKey, parseDeadLetter } from '../../../core/decode/dead-letter.js'
import { within } from '../../mirror/within.js'
import { ParameterError } from '../../query/parameter-error.js'
import { one } from '../../query/view-query.js'
import { UnavailableError } from '../../unavailable-error.js'
import type { ApiDeps } from '../api-deps.js'
import { listParameters } from '../lists.js'
import { ready, streamNamed } from '../ready.js'

/** Records of a dead-letter topic read per partition, at most: duplicates and other reasons are among them. */
const MAX_READ = 20_000
const READ_TIMEOUT_MS = 15_000

/** `GET /v1/dead-letters`: the newest refused records of a stream, each once. */
export function deadLetterRoutes(deps: ApiDeps): Router {
  const router = Router()
  router.get('/v1/dead-letters', async (request, response) => {
    const serving = ready(deps)
    const { parameters, stream, limit } = listParameters(request, serving, ['reason'], { otherwise: 20, max: 1_000 })
    if (stream === undefined)
      throw new ParameterError('stream', '', `the name of a stream: ${[...serving.readers.streams.keys()].join(', ')}`)
    const { dlqTopic } = streamNamed(serving, stream).definition
    const reason = one(parameters, 'reason')
    let read: { letters: readonly DeadLetter[]; readAll: boolean }
    try {
      read = await within(READ_TIMEOUT_MS, `dead letters of stream "${stream}"`, tail(deps, dlqTopic))
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause)
      throw new UnavailableError(
        `the dead letters of stream "${stream}" cannot be read from Kafka: ${what}`,
        'kafka',
        { stream },
        { cause },
      )
    }
    const letters = read.letters.filter((letter) => reason === undefined || letter.reason === reason)
    letters.sort((a, b) => b.timeMs - a.timeMs || a.partition - b.partition || b.offset - a.offset)
    response.json({
      stream,
      // False: the topic holds older ones that were not read.
      complete: read.readAll && letters.length <= limit,
      deadLetters: letters.slice(0, limit).map(show),
    })
  })
  return router
}

async function tail(
  { log }: Pick<ApiDeps, 'log'>,
  topic: string,
): Promise<{ letters: readonly DeadLetter[]; readAll: boolean }> {
  const letters = new Map<string, DeadLetter>()
  let readAll = true
  for (const { partition, low, high } of await log.offsets(topic)) {
    const from = Math.max(low, high - MAX_READ)
    if (from > low) readAll = false
    if (from === high) continue
    for await (const { records } of log.readRange({ topic, partition, from, to: high })) {
      for (const { value, tick } of records) {
        if (tick || value === null) continue
        const letter = parseDeadLetter(value.toString('utf8'))
        letters.set(deadLetterKey(letter), letter)
      }
    }
  }
  return { letters: [...letters.values()], readAll }
}

/** Longest part of a refused record that a list shows. */
const SHOWN_TEXT = 2_000

function show({ stream, topic, partition, offset, timeMs, reason, field, found, expected, key, value }: DeadLetter) {
  const record =
    'text' in value && value.text.length > SHOWN_TEXT
      ? { ...value, text: value.text.slice(0, SHOWN_TEXT), cut: true }
      : value
  return {
    stream,
    topic,
    partition,
    offset,
    time: new Date(timeMs).toISOString(),
    reason,
    field,
    value: found,
    expected,
    key,
    record,
  }
}
