import type { Rejection } from './decoder.js'

const MAX_VALUE_TEXT = 200

/** @param field path as sent, or null for the record as a whole. @param value the offending value, undefined where absent. */
export function rejection(reason: string, field: string | null, value: unknown, expected: string): Rejection {
  return { ok: false, reason, field, value: value === undefined ? null : shortJson(value), expected }
}

function shortJson(value: unknown): string {
  // infinity is no JSON, but 1e999 is, and reads as infinity
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'null')
  if (text.length <= MAX_VALUE_TEXT) return text
  // the cut may part a surrogate pair
  return wellFormed(text.slice(0, MAX_VALUE_TEXT))
}

/** Replaces each lone surrogate by U+FFFD: such text has no UTF-8, so no engine could hold it as it is. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}
