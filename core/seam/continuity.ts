import type { LastRecord } from './boundary.js'

/** Read back from a log: the delivered record at an offset, `none` where there is none, `deleted` where the log begins behind it. */
export type ReadBackRecord = LastRecord | 'none' | 'deleted'

/**
 * Whether a log still holds the record that was the last one before a boundary: a topic that was deleted and created
 * again, or lost its end, holds another one or none.
 *
 * @param found what the log holds at its offset; one that retention deleted can no longer be compared
 * @returns what is wrong, naming offset, what was expected and what was found; null where nothing is
 */
export function discontinuity(expected: LastRecord, found: ReadBackRecord): string | null {
  if (found === 'deleted') return null
  if (found !== 'none' && found.timeMs === expected.timeMs && found.crc === expected.crc) return null
  return (
    `at offset ${expected.offset} a record of ${describe(expected)} was counted, ` +
    `now there is ${found === 'none' ? 'none' : `one of ${describe(found)}`}: the topic was recreated or truncated`
  )
}

function describe({ timeMs, crc }: LastRecord): string {
  return `${new Date(timeMs).toISOString()} with checksum ${crc.toString(16).padStart(8, '0')}`
}
