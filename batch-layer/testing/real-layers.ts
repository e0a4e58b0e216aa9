import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { epochOf, type Releases, type Snapshot } from '../../core/seam/index.js'
import type { Connections } from '../../stores/connections.js'
import { openHot } from '../../stores/hot/index.js'
import { openLake } from '../../stores/lake/index.js'
import { type LogStore, openLog } from '../../stores/log/index.js'
import { openSearch } from '../../stores/search/index.js'
import { systemClock } from '../../stores/system-clock.js'
import { openReleases, openWarm } from '../../stores/warm/index.js'
import { localArchiver } from '../archive/local-archiver.js'
import { compareLayers, type ParityReport } from '../parity/compare-layers.js'
import { dropCovered } from '../publish/drop-covered.js'
import { publishSegments } from '../publish/publish-segments.js'
import { setAliases } from '../publish/set-aliases.js'
import { IdlePartitions } from '../seal/idle-partitions.js'
import { compileSealSettings } from '../seal/seal-settings.js'
import { type SealDeps, type SealedRun, sealStream } from '../seal/seal-stream.js'
import { buildSegments, type SegmentWork } from '../segments/build-segments.js'
import { CellCache } from '../segments/cell-cache.js'
import type { StreamPlan } from '../stream-plan.js'

/** Everything that a seal is followed by. */
export interface FinishedSeal {
  readonly work: SegmentWork
  readonly parity: ParityReport
  readonly snapshot: Snapshot | null
}

export interface SealRunningOptions {
  readonly releases?: Releases
  /** The log as this seal sees it. @default as it is */
  readonly through?: LogStore
  /** @default in this process */
  readonly openArchiver?: SealDeps['openArchiver']
}

export type RealLayers = Awaited<ReturnType<typeof openRealLayers>>

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** The batch layer over real engines and a lake of its own, for one test file. @param given folder of a lake that is another's */
export async function openRealLayers(connections: Connections, clientId: string, marginMs: number, given?: string) {
  const root = given ?? (await mkdtemp(join(tmpdir(), `tandem-${clientId}-`)))
  const log = openLog(connections.kafka, { clientId, logger })
  const hot = await openHot(connections.redis)
  const warm = await openWarm(connections.mongo)
  const releases = await openReleases(connections.mongo)
  const search = await openSearch(connections.search)
  let lake = await openLake(root, { threads: 1 })
  const newDeps = () => ({
    ...{ log, hot, warm, search, lake, releases, logger, clock: systemClock, newId: randomUUID },
    settings: compileSealSettings({ marginMs }),
    idle: new IdlePartitions(),
    cells: new CellCache(10_000),
  })

  /** Waits until the epoch that is running has ended and seals it; `finish` publishes it. */
  async function sealRunning(
    plan: StreamPlan,
    { releases: given, through, openArchiver }: SealRunningOptions = {},
  ): Promise<{ readonly sealed: SealedRun; finish(): Promise<FinishedSeal> }> {
    const epoch = epochOf(Date.now(), plan.epochMs)
    const dueMs = (epoch + 1) * plan.epochMs + marginMs
    // a timer may fire a little early
    while (Date.now() < dueMs) await delay(dueMs - Date.now())
    const deps = {
      ...newDeps(),
      ...(through === undefined ? {} : { log: through }),
      openArchiver: openArchiver ?? (async () => localArchiver(lake, plan.stream)),
    }
    const sealed = await sealStream(deps, plan, epoch, {}, given)
    const finish = async (): Promise<FinishedSeal> => {
      const work = await buildSegments(deps, plan, {})
      const parity = await compareLayers(deps, plan, work.fresh, {})
      const snapshot = await publishSegments(deps, plan, work)
      await setAliases(deps, plan.views, {})
      await dropCovered(deps, plan)
      return { work, parity, snapshot }
    }
    return { sealed, finish }
  }

  return {
    ...{ root, log, hot, warm, releases, search, newDeps, sealRunning },
    get lake() {
      return lake
    },
    /** As layers do that are started anew: manifests never change, so who has read one keeps it. */
    async reopenLake(): Promise<void> {
      await lake.close()
      lake = await openLake(root, { threads: 1 })
    },
    async close(): Promise<void> {
      await Promise.all([log, hot, warm, releases, search, lake].map((store) => store.close()))
      if (given === undefined) await rm(root, { recursive: true, force: true })
    },
  }
}
