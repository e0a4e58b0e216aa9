import { buildSnapshot } from './build-snapshot.js'
import type { ImportedFile } from './import-range.js'
import type { Segment } from './segment.js'
import type { Snapshot } from './snapshot.js'

export interface AddImportOptions {
  readonly stream: string
  readonly epochMs: number
  /** The snapshot in force; null where nothing of the stream was sealed or imported yet. */
  readonly base: Snapshot | null
  /** Every view fed by the stream, its ledger included. */
  readonly views: readonly { readonly name: string; readonly hash: string }[]
  readonly file: ImportedFile
  /** Made of the file's rows, for every view. */
  readonly segments: readonly Segment[]
  /** Time of the publication, UTC ms. */
  readonly nowMs: number
}

/** The snapshot after an import: everything of the base and the segments of the imported file; the boundary stays. */
export function addImport({ base, file, segments, ...rest }: AddImportOptions): Snapshot {
  return buildSnapshot({
    ...rest,
    base,
    reason: 'import',
    first: base?.first ?? {},
    boundary: base?.boundary ?? {},
    segments: [...(base?.segments ?? []), ...segments],
    imported: [file],
  })
}
