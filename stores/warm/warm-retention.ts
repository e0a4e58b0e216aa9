/** A segment's cells as they lie in MongoDB: `<segment>.<first 16 digits of its checksum>`. */
export type CellsName = string

/** How long snapshots are kept. */
export interface SnapshotsKept {
  /** UTC ms; those published before it go. */
  readonly sinceMs: number
  /** The newest of each stream that stay in any case, the one in force among them. Minimum 1. */
  readonly atLeast: number
}

/**
 * What may be removed from MongoDB, and its removal. Whatever is in force, held for a person's decision, or named by a
 * snapshot that is kept stays. Every removal may be repeated.
 */
export interface WarmRetention {
  /** Removes old snapshots, never the one in force, and the lists of segments that only they had. Returns how many. */
  dropSnapshots(kept: SnapshotsKept): Promise<number>
  /** Cells of every segment that a stored snapshot or a held one names. */
  named(): Promise<ReadonlySet<CellsName>>
  /** Cells that are there, those of attempts that came to nothing among them. */
  stored(): AsyncIterable<CellsName>
  /** Files of the cold copies that are named, relative to the lake's root. */
  coldFiles(): Promise<ReadonlySet<string>>
  /** Descriptor first, then what says where its cells lie, then cells: who looks for the segment meanwhile finds none and writes it anew. */
  remove(names: readonly CellsName[]): Promise<void>
  /** When each thing was first found to be named by nobody, UTC ms. */
  marks(kind: string): Promise<ReadonlyMap<string, number>>
  /** Replaces the marks of a kind. */
  putMarks(kind: string, marks: ReadonlyMap<string, number>): Promise<void>
  close(): Promise<void>
}
