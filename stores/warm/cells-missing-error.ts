/**
 * Thrown where MongoDB lacks cells that a segment's descriptor announces. Likely causes:
 * - retention removed that day's cells, and the segment's cold copy holds them (`WarmStore.tiers`)
 * - they were lost; a backfill with `--only all` writes them again
 */
export class CellsMissingError extends Error {
  override readonly name = 'CellsMissingError'
  constructor(
    readonly segment: string,
    /** UTC event day, yyyymmdd. */
    readonly day: number,
    message: string,
  ) {
    super(message)
  }
}
