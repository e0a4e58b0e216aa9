import type { Clock } from '../core/time/clock.js'
import type { HotStore } from '../stores/hot/hot-port.js'
import type { LakeStore } from '../stores/lake/lake-port.js'
import type { LogStore } from '../stores/log/log-port.js'
import type { Logger } from '../stores/logger.js'
import type { SearchStore } from '../stores/search/search-port.js'
import type { WarmStore } from '../stores/warm/warm-port.js'

/** Everything the batch layer touches; whoever opens it closes it. */
export interface BatchDeps {
  readonly log: LogStore
  readonly hot: HotStore
  readonly lake: LakeStore
  readonly warm: WarmStore
  readonly search: SearchStore
  readonly clock: Clock
  readonly logger: Logger
  /** Fresh random id, for attempts and snapshots. */
  readonly newId: () => string
}

/** The run that a step belongs to: how it is stopped and how it says that it is alive. */
export interface BatchRun {
  readonly signal?: AbortSignal
  /** Called often (per batch of records, per view) with what is being done now; cheap. */
  readonly progress?: (detail: Readonly<Record<string, unknown>>) => void
}
