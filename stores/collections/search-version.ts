/** 2^22: with a time of 41 bits the whole stays below 2^63, and some four million records of one ms keep their order. */
const OFFSETS = 4_194_304n

/**
 * A version as search engines take it: one whole number. Of two records of the same millisecond whose offsets lie on both
 * sides of a multiple of 2^22 the engine may keep the older: MongoDB, which compares the whole version, is the truth.
 */
export function searchVersionOf(timeMs: number, offset: number): bigint {
  return BigInt(timeMs) * OFFSETS + (BigInt(offset) % OFFSETS)
}
