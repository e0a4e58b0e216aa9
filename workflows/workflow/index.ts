/**
 * Entry of the bundle that Temporal runs: everything reachable from here is deterministic and does no input or output.
 */
export { backfill } from './backfill.js'
export { decideSnapshot } from './decide-snapshot.js'
export { importFile } from './import-file.js'
export { restate } from './restate.js'
export { retain } from './retain.js'
export { sealEpoch } from './seal-epoch.js'
export { weeklyRefresh } from './weekly-refresh.js'
