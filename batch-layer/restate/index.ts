/**
 * Restating published history: recomputed from raw, compared with what is in force, held or published.
 * @module
 */
export { compileDiffLimits, DEFAULT_DIFF_LIMIT, type DiffLimits } from './diff-limits.js'
export { dropUnused } from './drop-unused.js'
export { type GatedPublish, type PublishDeps, publishRecomputed } from './publish-recomputed.js'
export { type RecomputeOptions, type RecomputeWork, recomputeStream } from './recompute-stream.js'
export { type RestatedStream, type RestateOptions, restateStream } from './restate-stream.js'
export { storedChecksum } from './stored-segments.js'
