/**
 * Why the decoder refuses a record: the closed list. A stream's own rules add their own words, which may not be one of
 * these. Dead letters, ledger and API use the same words.
 */
export const REASONS = Object.freeze({
  /** There is no value, or it has no bytes. */
  empty: 'empty',
  /** More bytes than the stream's `maxBytes`. */
  tooLarge: 'too-large',
  /** Not JSON (`NaN` and `Infinity` are not). */
  json: 'json',
  /** Objects and arrays lie more than 1,000 deep. */
  nesting: 'nesting',
  /** Another type than declared: text for a number, a fraction for a whole number, a list for an object, … */
  type: 'type',
  /** A field that must be there is absent or null, or the event time is. */
  missing: 'missing',
  /** Of the right type, but not one of the declared values, not of a declared length or form, or no member of a union. */
  value: 'value',
  /** A number beyond its declared bounds, beyond ±(2^53 − 1) where it must be exact, or infinite. */
  range: 'range',
  /** More decimals than declared. */
  decimals: 'decimals',
  /** Text that is no time of the declared format. */
  time: 'time',
  /** More than 24 h after the record's own broker time. */
  eventTimeInFuture: 'event-time-in-future',
  /** Before the stream's `earliest`. */
  eventTimeTooOld: 'event-time-too-old',
})

export type DecodeReason = (typeof REASONS)[keyof typeof REASONS]

const WORDS: ReadonlySet<string> = new Set(Object.values(REASONS))

export function isDecodeReason(word: string): word is DecodeReason {
  return WORDS.has(word)
}
