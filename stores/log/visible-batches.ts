import type { BatchHeader } from './record-batch.js'

/** A transaction that was aborted, as the broker lists it beside the batches of a fetch. */
export interface AbortedTransaction {
  readonly producerId: bigint
  /** Offset of its first record, which may lie before the batches that were fetched. */
  readonly firstOffset: number
}

/**
 * The batches that a reader of committed records may see: no transaction markers and nothing of aborted transactions.
 * A batch belongs to one producer and to one transaction or none, so it is visible or hidden whole.
 *
 * A producer's transaction counts as aborted from its first offset until that producer's next control record. All
 * transactions begun at or before a batch are looked at, in order of their first offset, since those of several
 * producers interleave and may all have begun before the fetch did.
 */
export function visibleBatches(batches: readonly BatchHeader[], aborted: readonly AbortedTransaction[]): BatchHeader[] {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  let next = 0
  return batches.filter((batch) => {
    while (next < waiting.length && (waiting[next] as AbortedTransaction).firstOffset <= batch.lastOffset) {
      open.add((waiting[next++] as AbortedTransaction).producerId)
    }
    if (batch.control) {
      open.delete(batch.producerId)
      return false
    }
    return !(batch.transactional && open.has(batch.producerId))
  })
}
