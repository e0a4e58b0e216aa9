import type { Feed } from '../../core/compile/compile-feed.js'
import type { Row } from '../../core/define/column.js'
import type { SearchWrite } from '../search/collection-search-port.js'
import type { DocumentWrite } from './collection-port.js'
import { searchVersionOf } from './search-version.js'
import { versionOf } from './version-of.js'

/**
 * What records of one partition, in the order of their offsets, leave behind: the latest write of each id. The version is
 * the running maximum of their append times, then the offset: the same in both layers.
 */
export class LatestWrites {
  readonly #documents = new Map<string, DocumentWrite>()
  readonly #search = new Map<string, SearchWrite>()

  constructor(
    private readonly feed: Feed,
    /** Running maximum so far, UTC ms. */
    public timeMs: number,
  ) {}

  /** Ids that have a write. */
  get size(): number {
    return this.#documents.size
  }

  add(row: Row, offset: number, timeMs: number): void {
    this.timeMs = Math.max(this.timeMs, timeMs)
    const fed = this.feed(row)
    if (fed === null) return
    const { id, value } = fed
    const removed = value === null ? { removedAtMs: this.timeMs } : {}
    this.#documents.set(id, { id, value, version: versionOf(this.timeMs, offset), ...removed })
    this.#search.set(id, { id, value, version: searchVersionOf(this.timeMs, offset) })
  }

  /** Hands out the writes and forgets them. */
  take(): { readonly documents: readonly DocumentWrite[]; readonly search: readonly SearchWrite[] } {
    const taken = { documents: [...this.#documents.values()], search: [...this.#search.values()] }
    this.#documents.clear()
    this.#search.clear()
    return taken
  }
}
