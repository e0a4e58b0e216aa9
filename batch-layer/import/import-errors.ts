/**
 * Thrown when a file cannot be imported as it is; repeating cannot help. Likely causes:
 * - it is not there, or the worker may not read it
 * - it is not what its name says (CSV, NDJSON, Parquet, gzip), or it ends in the middle
 * - it was changed while it was read
 *
 * It has no cause: what caused it is in its words, and of a failed run the innermost error is told.
 */
export class ImportFileError extends Error {
  override readonly name = 'ImportFileError'
  constructor(
    readonly file: string,
    detail: string,
  ) {
    super(`${file}: ${detail}`)
  }
}

/** Thrown when an import covers days on which the stream has data of its own, and nobody said why that is right. */
export class ImportOverlapError extends Error {
  override readonly name = 'ImportOverlapError'
  constructor(
    readonly file: string,
    readonly stream: string,
    /** UTC days, `yyyy-MM-dd`, ascending. */
    readonly days: readonly string[],
  ) {
    const named = days.length === 1 ? days[0] : `${days[0]} to ${days.at(-1)} (${days.length} days)`
    super(
      `${file}: stream "${stream}" has data of its own on ${named}, which the import would add to. Where that is right (no record is in both), import it with --overlap <reason>`,
    )
  }
}
