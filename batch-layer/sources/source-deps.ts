import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { SourceItem } from '../../core/define/source-definition.js'
import type { Clock } from '../../core/time/clock.js'
import type { LandingStore } from '../../stores/landing/landing-port.js'
import type { LogStore } from '../../stores/log/log-port.js'
import type { Logger } from '../../stores/logger.js'
import type { SourceStates } from '../../stores/warm/source-states.js'
import type { BatchRun } from '../batch-deps.js'

/** What became of a collection's load. */
export interface LoadedDocuments {
  readonly generation: string
  readonly loaded: number
  readonly rejected: number
  readonly checksum: string
}

/** Loads a collection's next generation whole, or leaves the last one; `loadGeneration` with its stores bound. */
export type LoadCollection = (
  collection: CollectionDefinition,
  documents: AsyncIterable<SourceItem>,
  run: BatchRun & { readonly id: string },
) => Promise<LoadedDocuments>

/** Everything that sources touch; whoever opens it closes it. */
export interface SourceDeps {
  readonly log: Pick<LogStore, 'offsets' | 'readRange' | 'produce'>
  readonly landing: LandingStore
  readonly states: SourceStates
  readonly loadCollection: LoadCollection
  readonly clock: Clock
  readonly logger: Logger
  /** Where the settings of sources come from. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** In [0, 1): the jitter of retries. */
  readonly random: () => number
  readonly fetch: typeof globalThis.fetch
  /** Waits; rejects where the signal aborts. */
  readonly pause: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** The run that a source belongs to. */
export interface SourceRunOptions extends BatchRun {
  /** Names the run: repeated with the same id it goes on where it was interrupted. */
  readonly id: string
  /** The interval comes from it, UTC ms. */
  readonly scheduledMs: number
}
