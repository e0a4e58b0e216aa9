/** How a partition is. */
export type Condition =
  /** Its state is being read back; `reason` where an engine keeps it waiting. */
  | { readonly kind: 'opening'; readonly reason?: string }
  | { readonly kind: 'running' }
  /** An engine is away or full: nothing more is read until it is back. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** Stopped until a person has looked at it. */
  | { readonly kind: 'halted'; readonly reason: string }

export interface PartitionStatus {
  readonly stream: string
  readonly partition: number
  readonly condition: Condition
  /** First offset not folded. */
  readonly position: number
  /** First offset not stored in Redis. */
  readonly next: number
  /** End of the log when it was last fetched. */
  readonly highWatermark: number
  /** Records decoded since the lane began. */
  readonly records: number
  /** Cells in memory. */
  readonly cells: number
  /** How long the last flush took; null before the first. */
  readonly flushMs: number | null
  /** From the broker's time of a delta's last record until it was stored; null before the first. */
  readonly freshnessMs: number | null
}
