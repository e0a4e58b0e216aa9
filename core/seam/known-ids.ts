/**
 * The ids that a partition's next record may repeat. A record is a duplicate if a decodable record with its id occurred
 * earlier in the same partition in its own epoch or in the one before; duplicates are occurrences as well. Epochs never
 * fall along a partition, so two sets are all that is ever needed.
 *
 * What it holds is a function of the partition's records below an offset and of nothing else, as long as it began with
 * the ids of the epoch before that offset's. At most 16 million ids per epoch (2^24, what one set holds).
 */
export class KnownIds {
  #epoch: number
  #current = new Set<string>()
  #previous = new Set<string>()

  /** @param epoch running epoch of the records met so far, or the first epoch that is not behind a boundary. */
  constructor(epoch: number) {
    this.#epoch = epoch
  }

  /** Adds ids that occurred in an epoch; those that can no longer matter are left out. */
  load(epoch: number, ids: Iterable<string>): void {
    const set = epoch === this.#epoch ? this.#current : epoch === this.#epoch - 1 ? this.#previous : null
    if (set !== null) for (const id of ids) set.add(id)
  }

  /**
   * Takes note of a record's id.
   *
   * @param epoch the record's own, never below an earlier record's
   * @returns the last epoch in which it occurred before; null where the record is no duplicate
   */
  meet(id: string, epoch: number): number | null {
    if (epoch !== this.#epoch) {
      this.#previous = epoch === this.#epoch + 1 ? this.#current : new Set()
      this.#current = new Set()
      this.#epoch = epoch
    }
    if (this.#current.has(id)) return epoch
    this.#current.add(id)
    return this.#previous.has(id) ? epoch - 1 : null
  }
}
