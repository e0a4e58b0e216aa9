import type { Block } from '../merge/batch-cells.js'
import { CellTable } from '../merge/cell-table.js'
import type { Sources } from '../read/view-reader.js'
import type { Matcher } from './matcher.js'
import type { Plan, Span } from './plan.js'

/** Which layers' cells something was made of. */
export type Layer = 'batch' | 'speed' | 'both'

/** Both layers' cells of one window, grouped as the answer's rows are. */
export interface MergedSpan {
  readonly all: CellTable
  readonly layer: Layer
  /** The layers apart, where they were asked for. */
  readonly parts: { readonly batch: CellTable; readonly speed: CellTable } | null
}

export interface MergeOptions {
  readonly plan: Plan
  readonly sources: Sources
  /** Null: every row matches. */
  readonly matcher: Matcher | null
  /** Group of the answer, of a group of the sources. */
  readonly idOf: (id: number) => number
  /** True: keep the layers apart too. */
  readonly split: boolean
}

/** Merges a window's cells; null where no layer has a row that matches. */
export function mergeSpan({ plan, sources, matcher, idOf, split }: MergeOptions, span: Span): MergedSpan | null {
  const batch = new CellTable(sources.shape)
  const speed = split ? new CellTable(sources.shape) : batch
  let sealed = false
  let hot = false
  for (let at = span.from; at < span.to; at++) {
    sealed = mergeMatching(batch, sources.batch[at] ?? null, matcher, idOf) || sealed
    const { sizeMs, startMs } = plan.blocks[at] as Block
    for (const cells of sources.hot) {
      const block = cells.block(sources.grouping, sizeMs, startMs, sources.nowMs)
      hot = mergeMatching(speed, block ?? null, matcher, idOf) || hot
    }
  }
  if (!sealed && !hot) return null
  const layer = !sealed ? 'speed' : !hot ? 'batch' : 'both'
  if (!split) return { all: batch, layer, parts: null }
  const all = new CellTable(sources.shape, batch.size + speed.size)
  all.addAll(batch, (id) => id)
  all.addAll(speed, (id) => id)
  return { all, layer, parts: { batch, speed } }
}

/** Merges the rows that match; says whether there was one. */
export function mergeMatching(
  into: CellTable,
  source: CellTable | null,
  matcher: Matcher | null,
  idOf: (id: number) => number,
): boolean {
  if (!source) return false
  if (!matcher) {
    into.addAll(source, idOf)
    return source.size > 0
  }
  const ids = matcher.ids()
  let any = false
  // Whichever is shorter is walked: one word of thousands is looked up, most of them are sifted.
  if (ids.length < source.size) {
    for (const id of ids) {
      const slot = source.slotOf(id)
      if (slot < 0) continue
      into.addRow(idOf(id), source, slot)
      any = true
    }
    return any
  }
  for (let slot = 0; slot < source.size; slot++) {
    const id = source.idAt(slot)
    if (!matcher.matches(id)) continue
    into.addRow(idOf(id), source, slot)
    any = true
  }
  return any
}
