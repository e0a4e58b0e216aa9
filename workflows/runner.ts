import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { NativeConnection, type Worker } from '@temporalio/worker'
import { adaptiveArchiver } from '../batch-layer/archive/adaptive-archiver.js'
import { IdlePartitions } from '../batch-layer/seal/idle-partitions.js'
import { compileSealSettings, type SealSettings } from '../batch-layer/seal/seal-settings.js'
import { CellCache } from '../batch-layer/segments/cell-cache.js'
import type { Catalog } from '../core/define/compile-catalog.js'
import type { Clock } from '../core/time/clock.js'
import type { Connections, TemporalConnection } from '../stores/connections.js'
import { openHot } from '../stores/hot/index.js'
import { openLake } from '../stores/lake/index.js'
import { openLog } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import { openSearch } from '../stores/search/index.js'
import { openWarm } from '../stores/warm/index.js'
import { batchActivities } from './activities/batch-activities.js'
import { StreamPlans } from './activities/stream-plans.js'
import { awaitStreams } from './await-streams.js'
import { createWorker } from './create-worker.js'
import { temporalAddress } from './temporal-address.js'
import { installRuntime } from './temporal-runtime.js'
import { reportWorkerHealth } from './worker-health.js'
import { TASK_QUEUE, type WorkflowNames } from './workflow-names.js'

export interface WorkerOptions extends WorkflowNames {
  readonly connections: Connections
  readonly catalog: Catalog
  /** Folder of the lake. */
  readonly lakeRoot: string
  readonly clock: Clock
  readonly logger: Logger
  /** Aborted: no new steps are taken, those under way get a few seconds, then everything is closed. */
  readonly signal: AbortSignal
  /** How long after its end an epoch is sealed, ms; the same as the schedules'. @default 5_000 */
  readonly sealMarginMs?: number
  readonly seal?: Omit<SealSettings, 'marginMs'>
  /** Called once the worker takes steps. */
  readonly onReady?: () => void
}

/** Cells of single partitions kept between a segment and its comparison. */
const MAX_CACHED_CELLS = 200_000
const LAKE_MEMORY_BYTES = 384 * 1024 * 1024
const CONNECT = { minDelayMs: 250, maxDelayMs: 5_000, multiplier: 2, maxAttempts: 30 }

/**
 * Runs the batch layer as a Temporal worker until `signal` is aborted; then resolves within a few seconds. Small on purpose:
 * a few workflows in memory, a few steps at a time.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { connections, catalog, clock, logger, signal, taskQueue = TASK_QUEUE } = options
  const releasers: (() => Promise<void> | void)[] = []
  try {
    const log = openLog(connections.kafka, { clientId: 'tandem-worker', logger })
    releasers.push(() => log.close())
    const hot = await openHot(connections.redis)
    releasers.push(() => hot.close())
    const lake = await openLake(options.lakeRoot, { memoryBytes: LAKE_MEMORY_BYTES })
    releasers.push(() => lake.close())
    const warm = await openWarm(connections.mongo)
    releasers.push(() => warm.close())
    const search = await openSearch(connections.search)
    releasers.push(() => search.close())
    await awaitStreams(warm, [...catalog.streams.keys()], { logger, signal })

    const health = reportWorkerHealth({ hot, clock, logger, instance: `${hostname()}-${process.pid}` })
    releasers.push(() => health.stop())
    const settings = compileSealSettings({ ...options.seal, marginMs: options.sealMarginMs })
    const activities = batchActivities({
      log,
      hot,
      lake,
      warm,
      search,
      clock,
      logger,
      newId: randomUUID,
      settings,
      idle: new IdlePartitions(),
      openArchiver: adaptiveArchiver(lake, settings.threadFromOffsets),
      cells: new CellCache(MAX_CACHED_CELLS),
      plans: new StreamPlans(catalog, warm),
      onSealed: (summary) => health.sealed(summary),
    })
    installRuntime(logger)
    const connection = await connect(connections.temporal, logger, signal)
    releasers.push(() => connection.close())
    const worker = await createWorker({ connection, namespace: connections.temporal.namespace, taskQueue, activities, logger })
    await runUntil(worker, signal, options.onReady)
  } catch (error) {
    // a stop while something was still being waited for is a stop, not a failure
    if (!signal.aborted) throw error
  } finally {
    for (const release of releasers.reverse()) {
      try {
        await release()
      } catch (error) {
        logger.warn({ error }, 'closing failed')
      }
    }
  }
}

async function runUntil(worker: Worker, signal: AbortSignal, onReady: (() => void) | undefined): Promise<void> {
  if (signal.aborted) return
  const stop = (): void => worker.shutdown()
  const running = worker.run()
  signal.addEventListener('abort', stop, { once: true })
  try {
    onReady?.()
    await running
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function connect(temporal: TemporalConnection, logger: Logger, signal: AbortSignal): Promise<NativeConnection> {
  for (let attempt = 1, delayMs = CONNECT.minDelayMs; ; attempt++, delayMs = Math.min(delayMs * CONNECT.multiplier, CONNECT.maxDelayMs)) {
    try {
      return await NativeConnection.connect(temporalAddress(temporal))
    } catch (cause) {
      if (attempt === CONNECT.maxAttempts) throw new Error(`Temporal at ${temporal.address} does not answer`, { cause })
      if (attempt === 1) logger.warn({ address: temporal.address }, 'Temporal does not answer yet; trying again')
      await delay(delayMs, undefined, { signal })
    }
  }
}
