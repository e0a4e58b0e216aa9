import { once } from 'node:events'
import { setAliases } from '../../batch-layer/publish/set-aliases.js'
import { publishRecomputed, recomputeStream } from '../../batch-layer/restate/index.js'
import type { Connections } from '../../stores/connections.js'
import { refreshPlan } from './bench-definitions.js'
import { openRefreshDeps } from './refresh-deps.js'

const SAMPLE_MS = 100

/** Recomputes, compacts, compares and publishes a history that is in force hour by hour, and says how long it took. */
const [given] = (await once(process, 'message')) as [
  { connections: Connections; root: string; database: string; epochMs: number },
]
const plan = refreshPlan(given.epochMs)
const deps = await openRefreshDeps(given.connections, given.root, given.database)
let peakRss = 0
const sample = () => {
  peakRss = Math.max(peakRss, process.memoryUsage.rss())
}
const sampling = setInterval(sample, SAMPLE_MS)
const started = performance.now()
const work = await recomputeStream(deps, plan, {})
const recomputed = performance.now()
const published = await publishRecomputed(deps, plan, work)
await setAliases(deps, plan.views, {})
const seconds = (performance.now() - started) / 1000
sample()
clearInterval(sampling)
await deps.close()
process.send?.({
  seconds,
  recomputeSeconds: (recomputed - started) / 1000,
  peakRssMiB: peakRss / 1024 / 1024,
  status: published.status,
  changedWindows: published.changedWindows,
  segments: work.segments.length,
  records: work.records,
  cells: work.cells,
})
