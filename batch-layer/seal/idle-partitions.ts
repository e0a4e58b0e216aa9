/** What a read of an idle partition found: offsets [from, high) hold nothing to seal. */
export interface IdleRange {
  readonly from: number
  /**
   * High watermark when it was read. Whatever becomes readable later (a commit, an abort) adds a marker and raises it.
   */
  readonly high: number
  /** Append time of the oldest delivered record in the range, UTC ms; null where there is none. */
  readonly oldestMs: number | null
}

/**
 * Remembers, within one process, which partitions had nothing to seal, so that an idle stream costs no bounded read
 * (about a second each) at every epoch. Only a saving: forgotten at a restart, and used only while boundary and end are
 * the same.
 */
export class IdlePartitions {
  readonly #ranges = new Map<string, IdleRange>()

  find(topic: string, partition: number, from: number, high: number): IdleRange | null {
    const range = this.#ranges.get(`${topic}/${partition}`)
    return range !== undefined && range.from === from && range.high === high ? range : null
  }

  set(topic: string, partition: number, range: IdleRange): void {
    this.#ranges.set(`${topic}/${partition}`, range)
  }

  forget(topic: string, partition: number): void {
    this.#ranges.delete(`${topic}/${partition}`)
  }
}
