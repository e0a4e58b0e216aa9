/**
 * Entry of the bundle that Temporal runs: everything reachable from here is deterministic and does no input or output.
 */
export { backfill } from './backfill.js'
export { decideSnapshot } from './decide-snapshot.js'
export { sealEpoch } from './seal-epoch.js'
