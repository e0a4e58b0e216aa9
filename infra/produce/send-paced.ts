import { setTimeout as delay } from 'node:timers/promises'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { Clock } from '../../core/time/clock.js'
import type { LogStore, ProduceRecord } from '../../stores/log/log-port.js'
import { UserError } from '../instance/user-error.js'
import type { Paced } from './pacing.js'

/** Records sent together; the idempotent producer is fastest with thousands, and a paced feed sends what is due. */
const MAX_BATCH = 2_000

/** Sends each record no earlier than it is due. Returns how many the broker acknowledged. */
export async function sendPaced(
  log: LogStore,
  catalog: Catalog,
  paced: AsyncIterable<Paced>,
  clock: Clock,
): Promise<number> {
  const started = clock.now()
  let batch = new Map<string, ProduceRecord[]>()
  let waiting = 0
  let sent = 0
  const flush = async () => {
    const due = batch
    batch = new Map()
    sent += waiting
    waiting = 0
    await Promise.all([...due].map(([topic, records]) => log.produce(topic, records)))
  }
  for await (const { record, afterMs } of paced) {
    const early = started + afterMs - clock.now()
    if (early > 0 && afterMs > 0) {
      await flush()
      await delay(early)
    }
    const topic = catalog.streams.get(record.stream)?.topic
    if (!topic) throw new UserError(`The mapping sends to stream "${record.stream}", which does not exist.`)
    const records = batch.get(topic)
    if (records) records.push({ key: record.key, value: record.value })
    else batch.set(topic, [{ key: record.key, value: record.value }])
    if (++waiting >= MAX_BATCH) await flush()
  }
  await flush()
  return sent
}
