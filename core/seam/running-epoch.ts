import { epochOf } from './epoch-of.js'

/**
 * The epoch of a record: the running maximum over the delivered records of its partition, so that a broker clock which
 * steps back cannot put a record into an epoch that was sealed already.
 *
 * @param running epoch of the delivered record before it, or the epoch of the boundary where reading starts
 * @param timeMs the record's broker append time, UTC milliseconds
 */
export function runningEpoch(running: number, timeMs: number, epochMs: number): number {
  return Math.max(running, epochOf(timeMs, epochMs))
}
