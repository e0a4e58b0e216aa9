import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { adaptiveArchiver } from '../batch-layer/archive/adaptive-archiver.js'
import { compileDiffLimits } from '../batch-layer/restate/index.js'
import { IdlePartitions } from '../batch-layer/seal/idle-partitions.js'
import { Leftovers } from '../batch-layer/seal/leftovers.js'
import { compileSealSettings, type SealSettings } from '../batch-layer/seal/seal-settings.js'
import { CellCache } from '../batch-layer/segments/cell-cache.js'
import type { Catalog } from '../core/define/compile-catalog.js'
import type { Clock } from '../core/time/clock.js'
import type { Connections } from '../stores/connections.js'
import { openHot } from '../stores/hot/index.js'
import { openLake } from '../stores/lake/index.js'
import { openLog } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { openSearch } from '../stores/search/index.js'
import { openReleases, openWarm } from '../stores/warm/index.js'
import { batchActivities } from './activities/batch-activities.js'
import { StreamPlans } from './activities/stream-plans.js'
import { awaitStreams } from './await-streams.js'
import { openRefresh, type RefreshOptions } from './open-refresh.js'
import { reportWorkerHealth } from './worker-health.js'
import type { BatchActivities } from './workflow/activity-contract.js'
import type { RefreshActivities } from './workflow/refresh-contract.js'

export interface ActivityOptions {
  readonly connections: Connections
  readonly catalog: Catalog
  /** Folder of the lake. */
  readonly lakeRoot: string
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** How long after its end an epoch is sealed, ms; the same as the schedules'. @default 5_000 */
  readonly sealMarginMs?: number
  readonly seal?: Omit<SealSettings, 'marginMs'>
  /** How much a restatement may change unseen, as `compileDiffLimits` reads it. @default '0.1%' */
  readonly diffLimit?: string | undefined
  readonly refresh?: RefreshOptions
}

/** Cells of single partitions kept between a segment and its comparison. */
const MAX_CACHED_CELLS = 200_000
const LAKE_MEMORY_BYTES = 384 * 1024 * 1024

/** Opens the stores, waits until the streams are registered, and binds the batch layer's steps to them. */
export async function openActivities(
  options: ActivityOptions,
): Promise<{ readonly activities: BatchActivities & RefreshActivities; close(): Promise<void> }> {
  const { connections, catalog, clock, logger, signal } = options
  const releasers: (() => Promise<void> | void)[] = []
  const close = async (): Promise<void> => {
    for (const release of releasers.splice(0).reverse()) {
      try {
        await release()
      } catch (error) {
        logger.warn({ error }, 'closing failed')
      }
    }
  }
  try {
    const log = openLog(connections.kafka, { clientId: 'tandem-worker', logger })
    releasers.push(() => log.close())
    const hot = await openHot(connections.redis)
    releasers.push(() => hot.close())
    const lake = await openLake(options.lakeRoot, { memoryBytes: LAKE_MEMORY_BYTES })
    releasers.push(() => lake.close())
    const warm = await openWarm(connections.mongo)
    releasers.push(() => warm.close())
    const releases = await openReleases(connections.mongo)
    releasers.push(() => releases.close())
    const search = await openSearch(connections.search)
    releasers.push(() => search.close())
    await awaitStreams(warm, [...catalog.streams.keys()], { logger, signal })
    const health = reportWorkerHealth({ hot, clock, logger, instance: `${hostname()}-${process.pid}` })
    releasers.push(() => health.stop())
    const settings = compileSealSettings({ ...options.seal, marginMs: options.sealMarginMs })
    const plans = new StreamPlans(catalog, warm, clock)
    const cells = new CellCache(MAX_CACHED_CELLS)
    const diffLimits = compileDiffLimits(options.diffLimit)
    const activities = batchActivities({
      log,
      hot,
      lake,
      warm,
      releases,
      search,
      clock,
      logger,
      newId: randomUUID,
      settings,
      idle: new IdlePartitions(),
      openArchiver: adaptiveArchiver(lake, settings.threadFromOffsets),
      cells,
      diffLimits,
      plans,
      leftovers: new Leftovers({ lake, clock, logger }),
      onSealed: (summary) => health.sealed(summary),
      onFailed: (stream, error) => health.failed(stream, error),
    })
    const refreshing = await openRefresh(
      connections,
      { log, lake, warm, search, clock, logger, cells, diffLimits, catalog, plans },
      { landingRoot: join(dirname(options.lakeRoot), 'landing'), env: {}, ...options.refresh },
      (release) => releasers.push(release),
    )
    return { activities: { ...activities, ...refreshing }, close }
  } catch (error) {
    await close()
    throw error
  }
}
