import { raiseHighest } from './degraded-of.js'
import type { Prefix } from './prefix-of.js'

/** Per stream, the highest prefix that a client was answered. */
export type AnswerToken = { readonly [stream: string]: Prefix }

const VERSION = 't1'
const MAX_CHARACTERS = 16_384

/**
 * What a client was answered, as text for a header: version, then base64url of the prefixes. Opaque to clients, who send
 * it back so that any serving node can tell whether it knows less.
 */
export function formatToken(token: AnswerToken): string {
  const streams = Object.keys(token)
    .sort()
    .map((stream) => [stream, Object.entries(token[stream] ?? {}).map(([p, offset]) => [Number(p), offset])])
  return `${VERSION}.${Buffer.from(JSON.stringify(streams), 'utf8').toString('base64url')}`
}

/** @returns null for a text that is no token of this version: it is ignored, as a cache's unknown tag would be */
export function parseToken(text: string): AnswerToken | null {
  const [version, body, rest] = text.split('.')
  if (version !== VERSION || body === undefined || rest !== undefined || text.length > MAX_CHARACTERS) return null
  let data: unknown
  try {
    data = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
  } catch {
    return null // what cannot be read says nothing
  }
  if (!Array.isArray(data)) return null
  const token: { [stream: string]: { [partition: number]: number } } = Object.create(null)
  for (const entry of data as unknown[]) {
    const [stream, partitions] = Array.isArray(entry) ? (entry as unknown[]) : []
    if (typeof stream !== 'string' || !Array.isArray(partitions)) return null
    const prefix: { [partition: number]: number } = {}
    for (const pair of partitions as unknown[]) {
      const [partition, offset] = Array.isArray(pair) ? (pair as unknown[]) : []
      if (!isCount(partition) || !isCount(offset)) return null
      prefix[partition] = offset
    }
    token[stream] = prefix
  }
  return token
}

/** Both tokens in one: the higher prefix of each partition. */
export function raiseToken(a: AnswerToken, b: AnswerToken): AnswerToken {
  const raised: { [stream: string]: Prefix } = Object.assign(Object.create(null), a)
  for (const [stream, prefix] of Object.entries(b)) raised[stream] = raiseHighest(raised[stream] ?? {}, prefix)
  return raised
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
