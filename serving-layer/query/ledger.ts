import type { LedgerEntry } from '../../stores/warm/warm-port.js'
import type { ViewCells } from '../merge/view-cells.js'
import type { StreamReader } from '../read/stream-reader.js'

/** What one layer counted. */
export interface LedgerCounts {
  readonly read: number
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
  readonly reasons: Readonly<Record<string, number>>
}

/** One partition and epoch, as each layer counted it. */
export interface LedgerRow {
  readonly stream: string
  readonly partition: number
  readonly epoch: number
  /** Null where the epoch is not sealed yet. `rest` are hidden offsets and ticks. */
  readonly batch: (LedgerCounts & { readonly lost: number; readonly rest: number }) | null
  /** Null where hot state does not hold the epoch (any more). */
  readonly speed: LedgerCounts | null
  /** Whether each layer's parts add up, and both layers are equal where both are complete. */
  readonly balanced: boolean
}

/** Sets what the batch layer counted beside what hot state holds of the same epochs. */
export function ledgerOf(
  reader: StreamReader,
  cells: ReadonlyMap<string, ViewCells>,
  entries: readonly LedgerEntry[],
  /** True where older entries exist that were not read. */
  cut: boolean,
): readonly LedgerRow[] {
  const rows = new Map<string, LedgerRow>()
  for (const entry of entries.filter(({ stream }) => stream === reader.name)) {
    const { partition, epoch, read, accepted, rejected, duplicates, lost, rest, reasons } = entry
    const batch = { read, accepted, rejected, duplicates, lost, rest, reasons }
    rows.set(`${partition} ${epoch}`, {
      stream: reader.name,
      partition,
      epoch,
      batch,
      speed: null,
      balanced: addsUp(batch),
    })
  }
  const oldest = cut ? Math.min(...entries.map(({ epoch }) => epoch)) : Number.NEGATIVE_INFINITY
  for (const { partition, epoch, counts } of hotCounts(reader, cells)) {
    const held = rows.get(`${partition} ${epoch}`)
    // An older epoch is not unsealed: its entry was not read.
    if (!held && epoch < oldest) continue
    const batch = held?.batch ?? null
    const balanced =
      addsUp(counts) &&
      (batch === null || (addsUp(batch) && (stillOpen(reader, partition, epoch) || same(batch, counts))))
    rows.set(`${partition} ${epoch}`, { stream: reader.name, partition, epoch, batch, speed: counts, balanced })
  }
  return [...rows.values()]
}

/** The batch layer may have sealed only a part of an epoch that its boundary has not passed. */
function stillOpen({ watch }: StreamReader, partition: number, epoch: number): boolean {
  return (watch.active?.snapshot.boundary[partition]?.epoch ?? 0) <= epoch
}

function* hotCounts(reader: StreamReader, cells: ReadonlyMap<string, ViewCells>) {
  const ledger = reader.views.find((view) => view.ledger)
  const held = ledger && cells.get(ledger.name)
  if (!held || !reader.mirror.usable(Number.NEGATIVE_INFINITY)) return
  const { tuples } = held.groupings
  for (const [partition, mirror] of reader.mirror.partitions) {
    for (const [epoch, { windows }] of held.hot.get(mirror.name) ?? []) {
      const counts = { read: 0, accepted: 0, rejected: 0, duplicates: 0, reasons: {} as Record<string, number> }
      for (const table of windows.values()) {
        for (let slot = 0; slot < table.size; slot++) {
          const [outcome, reason] = tuples.at(table.idAt(slot))
          const records = table.numberOf(slot, 0) ?? 0
          counts.read += records
          if (outcome === 'accepted') counts.accepted += records
          else if (outcome === 'duplicate') counts.duplicates += records
          else {
            counts.rejected += records
            counts.reasons[String(reason)] = (counts.reasons[String(reason)] ?? 0) + records
          }
        }
      }
      yield { partition, epoch, counts }
    }
  }
}

function addsUp({ read, accepted, rejected, duplicates }: LedgerCounts): boolean {
  return read === accepted + rejected + duplicates
}

function same(a: LedgerCounts, b: LedgerCounts): boolean {
  const reasons = new Set([...Object.keys(a.reasons), ...Object.keys(b.reasons)])
  return (
    a.accepted === b.accepted &&
    a.rejected === b.rejected &&
    a.duplicates === b.duplicates &&
    [...reasons].every((reason) => (a.reasons[reason] ?? 0) === (b.reasons[reason] ?? 0))
  )
}
