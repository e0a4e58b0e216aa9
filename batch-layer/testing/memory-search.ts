import type { EncodedCell } from '../../core/cell/cell.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Segment } from '../../core/seam/segment.js'
import type { CoarseCells, SearchStore } from '../../stores/search/search-port.js'

/** Elasticsearch as the batch layer sees it, in memory. */
export class MemorySearch implements SearchStore {
  readonly cells = new Map<string, readonly EncodedCell[]>()
  readonly aliases = new Map<string, readonly string[]>()

  async ensureView(): Promise<void> {}

  async putSegment(_view: ViewDefinition, segment: Segment, { hours }: CoarseCells): Promise<void> {
    this.cells.set(segment.id, hours)
  }

  async setAlias(view: ViewDefinition, segmentIds: readonly string[]): Promise<void> {
    this.aliases.set(view.name, segmentIds)
  }

  async alias(view: ViewDefinition): Promise<readonly string[] | null> {
    return this.aliases.get(view.name) ?? null
  }

  async ping(): Promise<void> {}
  async close(): Promise<void> {}
}
