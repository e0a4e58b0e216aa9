import type { Segment } from './segment.js'

/** A file that was brought into the lake without Kafka, as a snapshot names it. */
export interface ImportedFile {
  /** Of the file's bytes, lower-case hex: its address. */
  readonly sha256: string
  /** Rows in the file, accepted and rejected. */
  readonly rows: number
  /** First and last event time of its accepted rows, UTC ms, both inclusive; null where none was accepted. */
  readonly events: { readonly fromMs: number; readonly toMs: number } | null
  /** Why it may cover days on which the stream has data too; null: nobody had to say. */
  readonly overlap: string | null
}

/** Rows [from, to) of an imported file, counted from 0. */
export interface ImportRange {
  readonly sha256: string
  readonly from: number
  readonly to: number
}

/**
 * The rows of a snapshot's imports that a view's segments do not hold, file by file. Empty: the view has all of them.
 *
 * @param segments of one view
 */
export function missingImports(imports: readonly ImportedFile[], segments: readonly Segment[]): readonly ImportRange[] {
  const missing: ImportRange[] = []
  for (const { sha256, rows } of imports) {
    let at = 0
    for (const range of importRangesOf(segments, sha256)) {
      if (range.from > at) missing.push({ sha256, from: at, to: range.from })
      at = Math.max(at, range.to)
    }
    if (at < rows) missing.push({ sha256, from: at, to: rows })
  }
  return missing
}

/** Ranges of some segments in one imported file, in order. */
export function importRangesOf(segments: readonly Segment[], sha256: string): readonly ImportRange[] {
  return segments
    .flatMap(({ imported }) => (imported?.sha256 === sha256 ? [imported] : []))
    .sort((a, b) => a.from - b.from || a.to - b.to)
}
