import type { Request, Response } from 'express'
import { type AnswerToken, formatToken, parseToken, raiseToken } from '../../core/seam/answer-token.js'
import { degradedOf } from '../../core/seam/degraded-of.js'
import type { Degraded, Provenance } from '../query/provenance.js'

/** Sent with every answer: how far it reached. */
export const TOKEN_HEADER = 'Tandem-Token'
/** Sent by a client: the newest token that it was given, by whichever node. */
export const SINCE_HEADER = 'Tandem-Since'

/**
 * Hands the client a token of what it has been answered, and says in the answer what it was answered before, perhaps by
 * another node, and this answer lacks. Answers as of an old snapshot neither raise the token nor are held against it.
 */
export function withToken(
  request: Request,
  response: Response,
  provenance: Provenance,
  streams: ReadonlyMap<string, unknown>,
): Provenance {
  if (provenance.asOf.length > 0) return provenance
  const since = parseToken(request.get(SINCE_HEADER) ?? '') ?? {}
  // a client may carry what it likes: streams that are not defined are left out
  const known: AnswerToken = Object.fromEntries(Object.entries(since).filter(([stream]) => streams.has(stream)))
  response.set(TOKEN_HEADER, formatToken(raiseToken(known, provenance.prefix)))
  const degraded = Object.entries(provenance.prefix).flatMap(([stream, prefix]) =>
    degradedOf(known[stream] ?? {}, prefix).map((partition) => ({ stream, ...partition })),
  )
  return degraded.length === 0 ? provenance : { ...provenance, degraded: merge(provenance.degraded, degraded) }
}

/** One entry per partition, the wider one. */
function merge(own: readonly Degraded[], clients: readonly Degraded[]): readonly Degraded[] {
  const wider = new Map<string, Degraded>()
  for (const one of [...own, ...clients]) {
    const key = JSON.stringify([one.stream, one.partition])
    const held = wider.get(key)
    wider.set(key, held === undefined ? one : { ...held, to: Math.max(held.to, one.to) })
  }
  return [...wider.values()]
}
