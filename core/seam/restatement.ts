/** Which segments a backfill computes: what a view lacks, also what is made of something else than today, or all again. */
export const BACKFILL_CHOICES = ['missing', 'stale', 'all'] as const
export type BackfillChoice = (typeof BACKFILL_CHOICES)[number]

/** What one may tell a backfill that is running. */
export const BACKFILL_ORDERS = ['pause', 'resume', 'cancel'] as const
export type BackfillOrder = (typeof BACKFILL_ORDERS)[number]

/** States of a backfill: in the command line, in the API, in a run's memo and in its answer to `progress`. */
export const BACKFILL_STATES = ['running', 'paused', 'cancelled', 'published', 'held', 'unchanged', 'dry-run'] as const
export type BackfillState = (typeof BACKFILL_STATES)[number]

/** Segments computed at once, at most. */
export const MAX_BACKFILL_CONCURRENCY = 8

/** What a person may do with a snapshot. */
export const SNAPSHOT_ACTIONS = ['rollback', 'approve', 'reject'] as const
export type SnapshotAction = (typeof SNAPSHOT_ACTIONS)[number]
