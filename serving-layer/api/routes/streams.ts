import { Router, raw } from 'express'
import { compileDecoder } from '../../../core/decode/compile-decoder.js'
import type { Decoder, Rejection } from '../../../core/decode/decoder.js'
import type { StreamDefinition } from '../../../core/define/stream-definition.js'
import { getOrMake } from '../../merge/get-or-make.js'
import { within } from '../../mirror/within.js'
import { UnavailableError } from '../../unavailable-error.js'
import type { ApiDeps } from '../api-deps.js'
import { describeStream } from '../describe.js'
import { ProblemError } from '../problem.js'
import { ready, streamNamed } from '../ready.js'
import { recordsOfBody, type SentRecord } from '../records-of-body.js'

/** Largest body, bytes: records of one request. */
const MAX_BODY_BYTES = 16 * 1024 * 1024
/** Longest wait for the broker's acknowledgement, ms. */
const PRODUCE_TIMEOUT_MS = 15_000

/** A record that was not taken, and why. */
interface Refused extends Omit<Rejection, 'ok'> {
  readonly index: number
}

/** `GET /v1/streams`, `POST /v1/streams/:stream`. */
export function streamRoutes(deps: ApiDeps): Router {
  const router = Router()
  const { catalog, clock, log } = deps
  const decoders = new Map<string, Decoder>()

  router.get('/v1/streams', (_request, response) => {
    const { readers } = ready(deps)
    response.json({ streams: [...readers.streams.values()].map((reader) => describeStream(reader, catalog)) })
  })

  router.post('/v1/streams/:stream', raw({ type: () => true, limit: MAX_BODY_BYTES }), async (request, response) => {
    const { definition } = streamNamed(ready(deps), request.params.stream as string)
    const body: unknown = request.body
    const records = recordsOfBody(request.get('content-type'), body instanceof Uint8Array ? body : new Uint8Array())
    const decoder = getOrMake(decoders, definition.name, () => compileDecoder(definition))
    const { good, rejections } = check(definition, decoder, records, clock.now())
    if (good.length === 0) throw allRefused(definition.name, rejections)
    try {
      await within(
        PRODUCE_TIMEOUT_MS,
        `acknowledgement of ${good.length} records by Kafka`,
        log.produce(definition.topic, good),
      )
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      const what = `Kafka did not acknowledge the records of stream "${definition.name}": ${reason}. Some may have been stored; sending them again may count them twice`
      throw new UnavailableError(what, 'kafka', { stream: definition.name }, { cause })
    }
    response.status(rejections.length > 0 ? 207 : 200).json({
      stream: definition.name,
      received: records.length,
      accepted: good.length,
      rejected: rejections.length,
      rejections,
    })
  })

  return router
}

/** The same decoder that both layers use, so that what is taken here is not a dead letter there. */
function check(stream: StreamDefinition, decoder: Decoder, records: readonly SentRecord[], nowMs: number) {
  const good: { key: string | null; value: Uint8Array }[] = []
  const rejections: Refused[] = []
  for (const { index, text } of records) {
    const value = Buffer.from(text)
    const decoded = decoder.decode(value, nowMs)
    if (decoded.ok) {
      const key = stream.key === null ? null : (decoded.row[stream.key] ?? null)
      good.push({ key: key === null ? null : String(key), value })
    } else {
      const { reason, field, value: found, expected } = decoded
      rejections.push({ index, reason, field, value: found, expected })
    }
  }
  return { good, rejections }
}

function allRefused(stream: string, rejections: readonly Refused[]): ProblemError {
  const { length } = rejections
  return new ProblemError({
    type: '/problems/records-rejected',
    title: 'Records rejected',
    status: 422,
    detail: length === 1 ? `stream "${stream}" refuses the record` : `stream "${stream}" refuses all ${length} records`,
    stream,
    received: length,
    accepted: 0,
    rejected: length,
    rejections,
  })
}
