import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { SearchStore } from '../../stores/search/search-port.js'
import { pause } from '../mirror/pause.js'
import type { Readers } from '../read/readers.js'

/** An alias that does not show the segments in force; the worker moves it again. */
export interface AliasDifference {
  readonly view: string
  /** Segments in force that the alias lacks. */
  readonly missing: number
  /** Segments that the alias shows and that are not in force. */
  readonly extra: number
}

/**
 * Compares Elasticsearch's aliases with the pointers, for the health page alone: answers never use an alias. A publish is
 * followed by its alias within moments, so only what differs twice in a row is told.
 */
export class AliasWatch {
  #differences: readonly AliasDifference[] = []
  #before = new Set<string>()
  #failure: string | null = null

  constructor(
    readonly search: Pick<SearchStore, 'alias'>,
    readonly readers: Readers,
    readonly everyMs: number,
  ) {}

  get differences(): readonly AliasDifference[] {
    return this.#differences
  }

  /** Why the aliases could not be read; null where they could. */
  get failure(): string | null {
    return this.#failure
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh()
      await pause(this.everyMs, signal)
    }
  }

  /** Never rejects. */
  async refresh(): Promise<void> {
    try {
      const found: AliasDifference[] = []
      for (const { view } of this.readers.views.values()) {
        const difference = await this.#compare(view)
        if (difference) found.push(difference)
      }
      const told = found.filter(({ view }) => this.#before.has(view))
      this.#before = new Set(found.map(({ view }) => view))
      this.#differences = told
      this.#failure = null
    } catch (error) {
      this.#differences = []
      this.#failure = error instanceof Error ? error.message : String(error)
    }
  }

  async #compare(view: ViewDefinition): Promise<AliasDifference | null> {
    const shown = new Set((await this.search.alias(view)) ?? [])
    const wanted = new Set<string>()
    for (const { watch } of this.readers.views.get(view.name)?.streams ?? []) {
      // A segment without cells has no documents.
      for (const segment of watch.active?.segments.get(view.name) ?? []) if (segment.cells > 0) wanted.add(segment.id)
    }
    const missing = [...wanted].filter((id) => !shown.has(id)).length
    const extra = [...shown].filter((id) => !wanted.has(id)).length
    return missing + extra === 0 ? null : { view: view.name, missing, extra }
  }
}
