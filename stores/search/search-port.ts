import type { EncodedCell } from '../../core/cell/cell.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/segment.js'

/** Elasticsearch (or OpenSearch) as Tandem uses it: one document per cell at the view's coarsest window, for Kibana and Grafana. */
export interface SearchStore {
  /** Creates the view's index (name from view and hash) with mappings from its dimensions and measures; idempotent. */
  ensureView(view: ViewDefinition): Promise<void>
  /** One document per coarse cell, ids from segment and key, so that repeating changes nothing; refreshed when it resolves. */
  putSegment(view: ViewDefinition, segment: Segment, cells: readonly EncodedCell[]): Promise<void>
  /** Alias `tandem-<view>`: the index filtered to the segments in force, moved by one `_aliases` call. */
  setAlias(view: ViewDefinition, segmentIds: readonly string[]): Promise<void>
  /** Segment ids the alias shows now, sorted; null where it is missing or not exactly on this view's index. */
  alias(view: ViewDefinition): Promise<readonly string[] | null>
  ping(): Promise<void>
  close(): Promise<void>
}
