import type { Catalog } from '../../core/define/compile-catalog.js'
import type { Clock } from '../../core/time/clock.js'
import type { LogStore } from '../../stores/log/log-port.js'
import type { Logger } from '../../stores/logger.js'
import type { RunReports } from '../../stores/warm/run-reports.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'
import type { ReadableCollections, SearchableCollections } from '../collections/collection-reader.js'
import type { HttpMetrics } from '../metrics/http-metrics.js'
import type { Operations } from '../operations.js'
import type { Answers } from '../query/answers.js'
import type { Readers } from '../read/readers.js'
import type { AliasWatch } from '../watch/alias-watch.js'
import type { HealthWatch } from '../watch/health-watch.js'
import type { ParityWatch } from '../watch/parity-watch.js'
import type { RetentionWatch } from '../watch/retention-watch.js'

/** Everything the routes read from. */
export interface Serving {
  readonly readers: Readers
  readonly answers: Answers
  readonly parity: ParityWatch
  readonly health: HealthWatch
  readonly aliases: AliasWatch
  readonly retention: RetentionWatch
}

export interface ApiDeps {
  readonly catalog: Catalog
  readonly warm: Pick<
    WarmStore,
    'snapshots' | 'snapshot' | 'held' | 'heldSnapshots' | 'cellsOfDay' | 'tiers' | 'pointer' | 'parity' | 'ledger'
  >
  readonly collections: ReadableCollections
  readonly collectionSearch: SearchableCollections
  readonly runs: Pick<RunReports, 'one' | 'list'>
  readonly log: Pick<LogStore, 'produce' | 'offsets' | 'readRange'>
  readonly operations: Operations
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: HttpMetrics
  /** Raised when the process stops: live listeners are then let go. */
  readonly signal: AbortSignal
  readonly temporalUiUrl: string | null
  /** Where the runs are, in the UI. @default 'default' */
  readonly temporalNamespace?: string
  /** Null while the layer waits for its streams to be prepared; then only `/healthz`, `/readyz` and the pages answer. */
  readonly serving: () => Serving | null
}
