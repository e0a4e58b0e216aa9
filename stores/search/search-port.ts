import type { EncodedCell } from '../../core/cell/cell.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/segment.js'

/** A segment's cells as they are shown: of hours (finer where the view's zone needs it), and of days of that zone. */
export interface CoarseCells {
  readonly hours: readonly EncodedCell[]
  readonly days: readonly EncodedCell[]
}

/**
 * Elasticsearch (or OpenSearch) as Tandem uses it: one document per cell, for Kibana and Grafana. A window has one document
 * per segment that counts in it, so documents are summed. Hours and days lie behind aliases of their own, as nothing may
 * be summed over both.
 */
export interface SearchStore {
  /** Creates the view's index (name from view and hash) with mappings from its dimensions and measures; idempotent. */
  ensureView(view: ViewDefinition): Promise<void>
  /** One document per cell, ids from segment and key, so that repeating changes nothing; refreshed when it resolves. */
  putSegment(view: ViewDefinition, segment: Segment, cells: CoarseCells): Promise<void>
  /** Aliases `tandem-<view>` and `tandem-<view>.days`: the segments in force, moved by one `_aliases` call. */
  setAlias(view: ViewDefinition, segmentIds: readonly string[]): Promise<void>
  /** Segment ids that both aliases show now, sorted; null where one is missing, or not exactly on this view's index. */
  alias(view: ViewDefinition): Promise<readonly string[] | null>
  ping(): Promise<void>
  close(): Promise<void>
}
