import type { KafkaConnection } from '../../stores/connections.js'
import { openLog } from '../../stores/log/index.js'
import { jsonLogger } from '../../stores/logger.js'
import { BENCH_START_MS, searchEvents } from './search-events.js'

const BATCH = 5_000

/** Fills a topic with search events up to `records`, over its partitions in turn. What is there already stays. */
export async function preload(
  kafka: KafkaConnection,
  topic: string,
  partitions: number,
  records: number,
  say: (line: string) => void,
): Promise<void> {
  const log = await openLog(kafka, { clientId: 'tandem-bench', logger: jsonLogger('bench') })
  try {
    await log.ensureTopic({ name: topic, partitions })
    const present = (await log.offsets(topic)).reduce((sum, { high }) => sum + high, 0)
    if (present >= records) return
    say(`preloading ${(records - present).toLocaleString('en')} records into ${topic}`)
    const events = searchEvents(1, BENCH_START_MS)
    for (let n = 0; n < present; n++) events.next()
    for (let n = present; n < records; n += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, records - n) }, () => events.next().value as string)
      await log.produce(
        topic,
        batch.map((value) => ({ key: null, value, partition: (n / BATCH) % partitions })),
      )
    }
  } finally {
    await log.close()
  }
}
