import type { PublishDeps } from '../../batch-layer/restate/index.js'
import { compileDiffLimits } from '../../batch-layer/restate/index.js'
import type { SegmentDeps } from '../../batch-layer/segments/build-segments.js'
import { CellCache } from '../../batch-layer/segments/cell-cache.js'
import type { Connections } from '../../stores/connections.js'
import { openLake } from '../../stores/lake/index.js'
import { jsonLogger } from '../../stores/logger.js'
import { openSearch } from '../../stores/search/index.js'
import { systemClock } from '../../stores/system-clock.js'
import { openWarm } from '../../stores/warm/index.js'

export interface RefreshBenchDeps extends SegmentDeps, PublishDeps {
  readonly close: () => Promise<void>
}

/** What a worker gives DuckDB. */
const LAKE_MEMORY_BYTES = 384 * 1024 * 1024

/** The batch layer's stores over a lake and a database of the bench's own. */
export async function openRefreshDeps(
  connections: Pick<Connections, 'mongo' | 'search'>,
  root: string,
  database: string,
): Promise<RefreshBenchDeps> {
  const lake = await openLake(root, { memoryBytes: LAKE_MEMORY_BYTES })
  const warm = await openWarm({ ...connections.mongo, database })
  const search = await openSearch(connections.search)
  return {
    ...{ lake, warm, search, clock: systemClock, logger: jsonLogger('bench') },
    cells: new CellCache(0),
    diffLimits: compileDiffLimits(undefined),
    close: async () => {
      await Promise.all([search.close(), warm.close(), lake.close()])
    },
  }
}
