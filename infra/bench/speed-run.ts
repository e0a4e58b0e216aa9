import { once } from 'node:events'
import { runSpeed } from '../../speed-layer/runner.js'
import type { Connections } from '../../stores/connections.js'
import { openLog } from '../../stores/log/index.js'
import { jsonLogger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import { BENCH_STREAM, BENCH_TOPIC, benchCatalog } from './bench-definitions.js'

const EPOCH_MS = 3_600_000
const SAMPLE_MS = 100

/** Runs the speed layer over the preloaded topic until every record is in Redis, and says how long it took. */
const [{ connections, run }] = (await once(process, 'message')) as [{ connections: Connections; run: string }]
const logger = jsonLogger('bench')
const log = await openLog(connections.kafka, { clientId: 'tandem-bench', logger })
const ends = new Map((await log.offsets(BENCH_TOPIC)).map(({ partition, high }) => [partition, high]))
await log.close()
const records = [...ends.values()].reduce((sum, high) => sum + high, 0)

const controller = new AbortController()
let peakRss = 0
const sampling = setInterval(() => {
  peakRss = Math.max(peakRss, process.memoryUsage().rss)
}, SAMPLE_MS)
let startedAt = 0
let cpuBefore = process.cpuUsage()
let measured: { eventsPerSecond: number; cpuSeconds: number } | undefined
await runSpeed({
  connections,
  // a view of another name is another view set: each run begins with an empty keyspace
  catalog: benchCatalog(run),
  epochs: new Map([[BENCH_STREAM, EPOCH_MS]]),
  clock: systemClock,
  logger,
  signal: controller.signal,
  onFetching() {
    if (startedAt) return
    startedAt = performance.now()
    cpuBefore = process.cpuUsage()
  },
  onStored(_stream, partition, next) {
    if (next >= (ends.get(partition) ?? 0)) ends.delete(partition)
    if (ends.size > 0 || measured) return
    const { user, system } = process.cpuUsage(cpuBefore)
    measured = {
      eventsPerSecond: records / ((performance.now() - startedAt) / 1000),
      cpuSeconds: (user + system) / 1_000_000,
    }
    controller.abort()
  },
})
clearInterval(sampling)
process.send?.({ ...measured, peakRssMiB: Math.max(peakRss, process.memoryUsage().rss) / 1024 / 1024 })
