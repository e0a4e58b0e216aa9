/**
 * MongoDB: segments, snapshots and the pointer that says what is in force; parity, ledger, settings of streams.
 * @module
 */
export { CellsMissingError } from './cells-missing-error.js'
export { countStream, forgetStream, type StreamDocuments } from './forget-stream.js'
export { openMemoryReleases, openReleases, type ReleaseStore } from './release-store.js'
export { servingSet, setOfSnapshot } from './serving-set.js'
export { openWarmMemory } from './warm-memory.js'
export type { WarmOptions } from './warm-options.js'
export {
  HELD_STATES,
  type HeldSnapshot,
  type HeldState,
  type LedgerEntry,
  type ParityResult,
  type Pointer,
  SnapshotConflictError,
  type StoredViewSet,
  type StreamSettings,
  type WarmStore,
} from './warm-port.js'
export { openWarm } from './warm-store.js'
export { WarmUnavailableError } from './warm-unavailable-error.js'
