import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Connections } from '../../stores/connections.js'
import { openLog } from '../../stores/log/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import { jsonLogger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import { openWorkflows } from '../../workflows/client.js'
import { bringUp } from '../cli/bring-up.js'
import { takeDown } from '../cli/take-down.js'
import { apiUrl } from '../instance/layers.js'
import { UserError } from '../instance/user-error.js'
import { BENCH_STREAM } from './bench-definitions.js'
import { openBenchInstance } from './bench-instance.js'
import { ApiClient, freshness, percentile, queryLatencies } from './query-load.js'
import { searchEventDraw } from './search-events.js'

export interface QueryResult {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly freshnessP50Ms: number
  readonly freshnessP99Ms: number
}

const LIVE_TOPIC = 'bench-live'
const MINUTE_MS = 60_000
/** One hour of history, so that the queries over the last hour have something to merge. */
const HISTORY = { minutes: 60, eventsPerMinute: 15_000 } as const
const WARM_UP_MS = 10_000
const MEASURE_MS = 30_000

/**
 * Latency of merged answers at 200 requests a second, and the time from produce to answer, while 5,000 events/s arrive and
 * each minute of them is sealed.
 */
export async function benchQuery({ say }: { readonly say: (line: string) => void }): Promise<QueryResult> {
  const instance = await openBenchInstance(say)
  await bringUp(instance, { defaultEpochMs: MINUTE_MS, say })
  try {
    const connections = await instance.connections()
    const api = await apiUrl(instance.home)
    if (!api) throw new UserError('The bench has no API.')
    const client = new ApiClient(api)
    const log = await openLog(connections.kafka, { clientId: 'tandem-bench', logger: jsonLogger('bench') })
    const feed = fork(fileURLToPath(new URL('./live-feed.js', import.meta.url)))
    try {
      say('an hour of history')
      await sendHistory(log)
      say('sealing it')
      await sealHistory(connections)
      feed.send({ connections, topic: LIVE_TOPIC })
      say('warming up')
      await queryLatencies(client, WARM_UP_MS)
      say('measuring latency')
      const latencies = await queryLatencies(client, MEASURE_MS)
      say('measuring freshness')
      const ages = await freshness(client, log, LIVE_TOPIC, MEASURE_MS)
      return {
        p50Ms: percentile(latencies, 0.5),
        p99Ms: percentile(latencies, 0.99),
        freshnessP50Ms: percentile(ages, 0.5),
        freshnessP99Ms: percentile(ages, 0.99),
      }
    } finally {
      feed.kill()
      client.close()
      await log.close()
    }
  } finally {
    await takeDown(instance, { wipe: true })
  }
}

/** From here on answers merge both layers: the history comes from segments, what arrives from Redis. */
async function sealHistory(connections: Connections): Promise<void> {
  const workflows = await openWorkflows(connections, { logger: jsonLogger('bench') })
  try {
    await workflows.sealNow(BENCH_STREAM, { wait: true })
  } finally {
    await workflows.close()
  }
}

async function sendHistory(log: LogStore): Promise<void> {
  const draw = searchEventDraw(3)
  const now = systemClock.now()
  for (let minute = HISTORY.minutes; minute > 0; minute--) {
    const start = now - minute * MINUTE_MS
    const step = MINUTE_MS / HISTORY.eventsPerMinute
    await log.produce(
      LIVE_TOPIC,
      Array.from({ length: HISTORY.eventsPerMinute }, (_, i) => ({
        key: null,
        value: draw(Math.floor(start + i * step)),
      })),
    )
  }
}
