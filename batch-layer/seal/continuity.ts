import { discontinuity, type LastRecord } from '../../core/seam/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import { TopicChangedError } from './seal-errors.js'

/**
 * Reads back the last record before a boundary.
 * @throws TopicChangedError where the log holds another one, or none
 */
export async function checkContinuity(
  log: Pick<LogStore, 'readBack'>,
  { name, topic }: { readonly name: string; readonly topic: string },
  partition: number,
  sealedTo: number,
  last: LastRecord,
): Promise<void> {
  const wrong = discontinuity(last, await log.readBack(topic, partition, last.offset))
  if (wrong !== null)
    throw new TopicChangedError(topic, partition, sealedTo, `${wrong}; for a new topic: tandem stream reset ${name}`)
}
