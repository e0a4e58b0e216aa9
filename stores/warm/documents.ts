import { z } from 'zod'
import type { SegmentTiers } from '../../core/seam/cold-copy.js'
import type { RestatementProgress } from '../../core/seam/restatement-progress.js'
import type { Segment } from '../../core/seam/segment.js'
import { SNAPSHOT_REASONS, type Snapshot } from '../../core/seam/snapshot.js'
import type { CellBucket } from './cell-buckets.js'
import type { SegmentBlock } from './segment-blocks.js'
import {
  HELD_STATES,
  type HeldSnapshot,
  type LedgerEntry,
  type ParityResult,
  type Pointer,
  type StoredViewSet,
  type StreamSettings,
} from './warm-port.js'

/** What documents must look like as they come back from MongoDB; `_id` is left out where it says nothing new. */
const count = z.int().nonnegative()
const text = z.string()

export const streamSettings = z.object({
  stream: text,
  epochMs: z.int().positive(),
  createdAtMs: z.int(),
}) satisfies z.ZodType<StreamSettings>

const place = z.object({ offset: count, epoch: z.int() })
const boundary = z.record(z.string().regex(/^\d+$/), place)

export const segment = z.object({
  id: text,
  view: text,
  viewHash: text,
  stream: text,
  ranges: z.array(z.object({ partition: count, from: place, to: place })),
  imported: z.object({ sha256: text, from: count, to: count }).optional(),
  cells: count,
  days: z.array(z.int()),
  checksum: text,
}) satisfies z.ZodType<Segment>

export const segmentBlock = z.object({ _id: text, segments: z.array(segment) }) satisfies z.ZodType<SegmentBlock>

export const cellBucket = z.object({
  _id: text,
  n: count,
  shards: count,
  keys: text,
  registers: text,
}) satisfies z.ZodType<CellBucket>

export const bucketShards = cellBucket.pick({ shards: true })

export const segmentTiers = z.object({
  cold: z.object({ file: text, bytes: count, sha256: text, resolutionMs: z.int().positive(), cells: count }),
  warmFrom: count,
}) satisfies z.ZodType<SegmentTiers>

/** A snapshot as stored: its segments are the blocks' in this order. */
export const storedSnapshot = z.object({
  id: text,
  stream: text,
  sequence: z.int().positive(),
  base: text.nullable(),
  reason: z.enum(SNAPSHOT_REASONS),
  publishedAtMs: z.int(),
  epochMs: z.int().positive(),
  first: boundary,
  boundary,
  views: z.array(z.object({ name: text, hash: text, building: z.boolean() })),
  // snapshots that were stored before there were imports have none
  imports: z
    .array(
      z.object({
        sha256: text,
        rows: count,
        events: z.object({ fromMs: z.int(), toMs: z.int() }).nullable(),
        overlap: text.nullable(),
      }),
    )
    .default([]),
  blocks: z.array(text),
}) satisfies z.ZodType<Omit<Snapshot, 'segments'> & { readonly blocks: readonly string[] }>

export type StoredSnapshot = z.infer<typeof storedSnapshot>

export const pointer = z.object({
  stream: text,
  snapshot: text,
  sequence: z.int().positive(),
}) satisfies z.ZodType<Pointer>

const measureValue = z.union([z.number(), z.null(), z.literal('overflow'), z.record(text, z.number().nullable())])

const viewDiff = z.object({
  view: text,
  redefined: z.boolean(),
  windows: count,
  changedWindows: count,
  rowsAdded: count,
  rowsRemoved: count,
  rowsChanged: count,
  totals: z.array(z.object({ measure: text, before: measureValue, after: measureValue })),
  movers: z.array(
    z.object({
      measure: text,
      windowStartMs: z.int(),
      dimensions: z.record(text, text.nullable()),
      before: z.number().nullable(),
      after: z.number().nullable(),
    }),
  ),
})

export const heldSnapshot = z.object({
  id: text,
  stream: text,
  reason: z.enum(SNAPSHOT_REASONS),
  state: z.enum(HELD_STATES),
  segments: z.array(text),
  diff: z.object({ base: text, views: z.array(viewDiff), windows: count, changedWindows: count }),
  because: z.array(text),
  heldAtMs: z.int(),
  decidedAtMs: z.int().nullable(),
  published: text.nullable(),
}) satisfies z.ZodType<HeldSnapshot>

export const viewSet = z.object({
  viewSet: text,
  stream: text,
  definitions: text,
  deployedAtMs: z.int(),
  usedAtMs: z.int(),
}) satisfies z.ZodType<StoredViewSet>

export const restatement = z.object({
  stream: text,
  from: text,
  to: text,
  views: z.array(text),
  done: count,
  of: count,
  waitsFor: z.enum(['segments', 'hot-state']).nullable(),
  failure: text.nullable(),
  startedAtMs: z.int(),
  updatedAtMs: z.int(),
}) satisfies z.ZodType<RestatementProgress>

export const parityResult = z.object({
  stream: text,
  view: text,
  partition: count,
  fromEpoch: z.int(),
  toEpoch: z.int(),
  outcome: z.enum(['equal', 'different', 'uncompared']),
  reason: text.nullable(),
  cellsCompared: count,
  cellsDifferent: count,
  comparedAtMs: z.int(),
}) satisfies z.ZodType<ParityResult>

export const ledgerEntry = z.object({
  stream: text,
  partition: count,
  epoch: z.int(),
  read: count,
  accepted: count,
  rejected: count,
  duplicates: count,
  lost: count,
  rest: count,
  reasons: z.record(text, count),
}) satisfies z.ZodType<LedgerEntry>

/**
 * A document as `schema` says.
 * @throws Error naming the collection, the document and the field
 */
export function parseDocument<T>(collection: string, schema: z.ZodType<T>, document: unknown): T {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const id = (document as { _id?: unknown } | null)?._id
  throw new Error(
    `MongoDB collection "${collection}", document ${id}: ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`,
  )
}
