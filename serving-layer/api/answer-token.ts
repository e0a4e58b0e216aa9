import type { Request, Response } from 'express'
import { type AnswerToken, formatToken, parseToken, raiseToken } from '../../core/seam/answer-token.js'
import { degradedOf } from '../../core/seam/degraded-of.js'
import type { LiveAnswer, Personal } from '../live/live-hub.js'
import type { Degraded, Provenance } from '../query/provenance.js'

/** Sent with every answer: how far it reached. */
export const TOKEN_HEADER = 'Tandem-Token'
/** Sent by a client: the newest token that it was given, by whichever node. */
export const SINCE_HEADER = 'Tandem-Since'

/** Sent by a browser that listens again: the id of the last event that it got, which is such a token. */
const LAST_EVENT_HEADER = 'Last-Event-ID'

interface Tokened {
  readonly token: AnswerToken
  readonly provenance: Provenance
}

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
  const tokened = heldAgainst(sinceOf(request, streams), provenance)
  response.set(TOKEN_HEADER, formatToken(tokened.token))
  return tokened.provenance
}

/** A live answer that carries its token as the event's id. */
export function liveAnswer(answer: { readonly provenance: Provenance }): LiveAnswer {
  return { id: answer.provenance.asOf.length > 0 ? null : formatToken(answer.provenance.prefix), data: answer }
}

/** As `withToken` for who listens: until the answers have reached what it was answered before, it is told what they lack. */
export function listenerSince(request: Request, streams: ReadonlyMap<string, unknown>): Personal | null {
  const known = sinceOf(request, streams)
  if (Object.keys(known).length === 0) return null
  return ({ id, data }) => {
    const { provenance } = data as { provenance: Provenance }
    const tokened = heldAgainst(known, provenance)
    if (id === null || tokened.provenance === provenance) return null
    return { id: formatToken(tokened.token), data: { ...data, provenance: tokened.provenance } }
  }
}

function sinceOf(request: Request, streams: ReadonlyMap<string, unknown>): AnswerToken {
  const since = parseToken(request.get(SINCE_HEADER) ?? request.get(LAST_EVENT_HEADER) ?? '') ?? {}
  // a client may carry what it likes: streams that are not defined are left out
  return Object.fromEntries(Object.entries(since).filter(([stream]) => streams.has(stream)))
}

/** The provenance itself where nothing is lacking. */
function heldAgainst(known: AnswerToken, provenance: Provenance): Tokened {
  const degraded = Object.entries(provenance.prefix).flatMap(([stream, prefix]) =>
    degradedOf(known[stream] ?? {}, prefix).map((partition) => ({ stream, ...partition })),
  )
  return {
    token: raiseToken(known, provenance.prefix),
    provenance: degraded.length === 0 ? provenance : { ...provenance, degraded: merge(provenance.degraded, degraded) },
  }
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
