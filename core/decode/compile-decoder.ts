import type { StreamDefinition } from '../define/stream-definition.js'
import { compileRejects } from './compile-rejects.js'
import type { Decoded, Decoder, Rejection } from './decoder.js'
import { generateDecode } from './generate-decode.js'
import { MAX_NESTING, nestsTooDeep } from './nesting.js'
import { REASONS } from './reasons.js'
import { rejection, wellFormed } from './rejection.js'
import { compileUndeclared } from './undeclared.js'

/** An event time may lie so far after the record's own broker time, ms. */
export const MAX_AHEAD_MS = 86_400_000

type DecodeValue = (value: unknown, escaped: boolean, brokerTimeMs: number) => Decoded

/**
 * Generates a stream's decoder from its plain data, so that a worker thread generates the same one. Text that has no UTF-8
 * form (lone surrogates, broken bytes) is kept with U+FFFD in their place.
 */
export function compileDecoder(stream: StreamDefinition): Decoder {
  const { maxBytes } = stream
  const decodeValue = compileValueDecoder(stream)
  const undeclared = compileUndeclared(stream.plan.root)
  // the record decoded last: the lake asks for its undeclared fields next, and parsing twice would cost as much again
  let lastBytes: Uint8Array | null = null
  let lastValue: unknown

  function decode(value: Uint8Array | null, brokerTimeMs: number): Decoded {
    lastBytes = null
    if (value === null || value.length === 0) return rejection(REASONS.empty, null, undefined, 'a JSON object')
    if (value.length > maxBytes) {
      return rejection(REASONS.tooLarge, null, undefined, `at most ${maxBytes} bytes, got ${value.length}`)
    }
    const text = textOf(value)
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch (error) {
      return notJson(text, error)
    }
    if (nestsTooDeep(text))
      return rejection(REASONS.nesting, null, undefined, `at most ${MAX_NESTING} levels of nesting`)
    lastBytes = value
    lastValue = parsed
    return decodeValue(parsed, text.includes('\\u'), brokerTimeMs)
  }

  function extras(value: Uint8Array): string | null {
    const found = undeclared(value === lastBytes ? lastValue : JSON.parse(textOf(value)))
    return found === undefined ? null : JSON.stringify(found)
  }

  return { decode, extras }
}

function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('utf8')
}

function notJson(text: string, error: unknown): Rejection {
  // only JSON.parse's own complaint means a bad record
  if (!(error instanceof SyntaxError)) throw error
  return rejection(REASONS.json, null, text.slice(0, 200), 'JSON')
}

/** Everything after parsing: one generated function, one object literal for the row, so that every row has the same shape. */
function compileValueDecoder(stream: StreamDefinition): DecodeValue {
  const { columns, plan } = stream
  const { body, uses } = generateDecode(plan.root, plan.leaves)
  const at = columns.findIndex((column) => column.name === stream.eventTime)
  const time = columns[at]
  if (time === undefined)
    throw new Error(`stream "${stream.name}" has no column "${stream.eventTime}" for its event time`)
  const timePath = JSON.stringify(time.path.join('.'))
  const variables = columns.map((_, i) => `c${i} = null`).join(', ')
  const row = columns.map((column, i) => `${JSON.stringify(column.name)}: c${i}`).join(', ')
  const tooOld =
    stream.earliestMs === null
      ? ''
      : `if (c${at} < ${stream.earliestMs}) return reject(${JSON.stringify(REASONS.eventTimeTooOld)}, ${timePath}, c${at}, ${JSON.stringify(`not before ${new Date(stream.earliestMs).toISOString()}`)});`
  const rejects = compileRejects(stream.rejects, columns)
  const source = `
    'use strict';
    return function decodeValue(v, escaped, brokerTimeMs) {
      let ${variables};
      ${body}
      if (c${at} === null) return reject(${JSON.stringify(REASONS.missing)}, ${timePath}, null, 'an event time');
      if (c${at} > brokerTimeMs + ${MAX_AHEAD_MS}) return reject(${JSON.stringify(REASONS.eventTimeInFuture)}, ${timePath}, c${at}, 'at most 24 h after ' + brokerTimeMs);
      ${tooOld}
      const row = { ${row} };
      ${rejects === null ? '' : 'const refused = rejects(row); if (refused !== null) return refused;'}
      return { ok: true, row };
    };`
  const names = Object.keys(uses)
  const make = new Function('reject', 'wellFormed', 'rejects', ...names, source)
  // the generated function has the type of its only caller above
  return make(rejection, wellFormed, rejects, ...names.map((name) => uses[name])) as DecodeValue
}
