import type { EncodedCell } from '../../core/cell/cell.js'

/**
 * Cells of single partitions that were just aggregated, so that parity need not aggregate them again. Only a saving:
 * what is not held is computed from the lake. Oldest out first.
 */
export class CellCache {
  readonly #cells = new Map<string, readonly EncodedCell[]>()
  #size = 0

  /** @param maxCells cells held at most */
  constructor(private readonly maxCells: number) {}

  async get(
    segmentId: string,
    partition: number,
    compute: () => Promise<readonly EncodedCell[]>,
  ): Promise<readonly EncodedCell[]> {
    const key = `${segmentId}/${partition}`
    const held = this.#cells.get(key)
    if (held !== undefined) return held
    const cells = await compute()
    if (cells.length > this.maxCells) return cells
    this.#cells.set(key, cells)
    this.#size += cells.length
    for (const [oldest, dropped] of this.#cells) {
      if (this.#size <= this.maxCells) break
      this.#cells.delete(oldest)
      this.#size -= dropped.length
    }
    return cells
  }
}
