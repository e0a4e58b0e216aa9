/**
 * Hot state: a partition's cells in Redis, written by one fenced call and followed by readers.
 * @module
 */
export { HOT_LIMITS } from './hot-limits.js'
export type {
  ApplyResult,
  Delta,
  HotCell,
  HotChanges,
  HotCursor,
  HotIds,
  HotStart,
  HotState,
  HotStore,
  Keyspace,
  LayerHealth,
} from './hot-port.js'
export { HotUnavailableError } from './hot-unavailable-error.js'
export { MemoryHot, type MemoryHotOptions } from './memory-hot.js'
export { openHot, type RedisHotOptions } from './redis-hot.js'
