import type { Clock } from '../../core/time/clock.js'
import type { CollectionStore } from '../../stores/collections/collection-port.js'
import type { Logger } from '../../stores/logger.js'
import type { CollectionSearchStore } from '../../stores/search/collection-search-port.js'

/** What collections are filled with; whoever opens it closes it. */
export interface CollectionDeps {
  readonly collections: CollectionStore
  /** Used by collections that are searched. */
  readonly collectionSearch: CollectionSearchStore
  readonly clock: Clock
  readonly logger: Logger
}

export interface CollectionRun {
  /** Names the generation: the same run fills the same one. */
  readonly id: string
  readonly signal?: AbortSignal
  /** Called per batch of documents; cheap. */
  readonly progress?: (detail: unknown) => void
}
