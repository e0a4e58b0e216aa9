import { runningEpoch } from '../../core/seam/index.js'

/** Length of an epoch in the model's clock. */
export const EPOCH_MS = 10

/** `hidden` is a transaction marker or an aborted record; `open` belongs to a transaction that has not ended. */
export type Kind = 'valid' | 'bad' | 'tick' | 'hidden' | 'open'

interface Entry {
  readonly timeMs: number
  readonly window: number
  readonly id: string | null
  readonly transaction: number | null
  kind: Kind
}

export interface ModelRecord {
  readonly offset: number
  readonly timeMs: number
  readonly window: number
  /** What names the record; null: nothing does. */
  readonly id: string | null
  readonly kind: 'valid' | 'bad' | 'tick'
}

/** Delivered records of the raw range [from, to). */
export interface ModelBatch {
  readonly from: number
  readonly to: number
  readonly records: readonly ModelRecord[]
}

/** A topic with transactions, as a broker that stamps its own clock keeps it. */
export class ModelLog {
  readonly #partitions: Entry[][] = [[], []]
  readonly #clocks = [0, 0]
  readonly #open = new Map<number, { partition: number; first: number }>()
  #transactions = 0
  /** The wall clock; brokers' clocks may differ from it. */
  nowMs = 0

  get size(): number {
    return this.#partitions.length
  }

  get partitions(): readonly number[] {
    return this.#partitions.map((_, partition) => partition)
  }

  grow(clock: number): void {
    this.#partitions.push([])
    this.#clocks.push(clock)
  }

  stepClock(partition: number, by: number): void {
    this.#clocks[partition] = by
  }

  append(
    partition: number,
    kind: Kind,
    window = 0,
    id: string | null = null,
    transaction: number | null = null,
  ): number {
    const timeMs = Math.max(0, this.nowMs + (this.#clocks[partition] ?? 0))
    return this.#entries(partition).push({ timeMs, kind, window, id, transaction }) - 1
  }

  /** Begins a transaction with one record, or adds a record to one; at most two are open in a partition. */
  appendInTransaction(partition: number, window: number, recordId: string | null, begin: boolean): void {
    const mine = [...this.#open].filter(([, t]) => t.partition === partition).map(([id]) => id)
    if (begin && mine.length < 2) {
      const id = ++this.#transactions
      this.#open.set(id, { partition, first: this.append(partition, 'open', window, recordId, id) })
    } else if (mine[0] !== undefined) this.append(partition, 'open', window, recordId, mine[0])
  }

  get openTransactions(): readonly number[] {
    return [...this.#open.keys()]
  }

  /** Ends a transaction; the marker takes an offset. */
  endTransaction(id: number, commit: boolean): void {
    const transaction = this.#open.get(id)
    if (!transaction) return
    this.#open.delete(id)
    for (const entry of this.#entries(transaction.partition)) {
      if (entry.transaction === id) entry.kind = commit ? 'valid' : 'hidden'
    }
    this.append(transaction.partition, 'hidden')
  }

  /** Last stable offset: nothing at or beyond it is delivered yet. */
  stable(partition: number): number {
    let end = this.#entries(partition).length
    for (const t of this.#open.values()) if (t.partition === partition) end = Math.min(end, t.first)
    return end
  }

  /** The raw range [from, to), cut at the last stable offset. */
  read(partition: number, from: number, to: number): ModelBatch {
    const end = Math.max(from, Math.min(to, this.stable(partition)))
    const records: ModelRecord[] = []
    for (let offset = from; offset < end; offset++) {
      const { kind, timeMs, window, id } = this.#entry(partition, offset)
      if (kind !== 'hidden' && kind !== 'open') records.push({ offset, timeMs, window, id, kind })
    }
    return { from, to: end, records }
  }

  /** First offset in [from, stable) with a time at or beyond `timeMs`, hidden ones included: what a broker's lookup answers. */
  lookup(partition: number, from: number, timeMs: number): number | null {
    for (let offset = from; offset < this.stable(partition); offset++) {
      if (this.#entry(partition, offset).timeMs >= timeMs) return offset
    }
    return null
  }

  /** Running epoch after the delivered records below an offset. */
  epochBelow(partition: number, offset: number): number {
    return this.read(partition, 0, offset).records.reduce((epoch, r) => runningEpoch(epoch, r.timeMs, EPOCH_MS), 0)
  }

  #entries(partition: number): Entry[] {
    const entries = this.#partitions[partition]
    if (!entries) throw new Error(`the log has no partition ${partition}`)
    return entries
  }

  #entry(partition: number, offset: number): Entry {
    const entry = this.#entries(partition)[offset]
    if (!entry) throw new Error(`partition ${partition} has no offset ${offset}`)
    return entry
  }
}
