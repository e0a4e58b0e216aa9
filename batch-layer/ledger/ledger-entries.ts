import type { EncodedCell } from '../../core/cell/cell.js'
import { parseCellKey } from '../../core/cell/cell-key.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { epochOf } from '../../core/seam/index.js'
import type { LedgerEntry } from '../../stores/warm/warm-port.js'
import type { SealedStep } from '../segments/sealed-steps.js'

type Counts = { -readonly [K in keyof LedgerEntry]: LedgerEntry[K] } & { reasons: Record<string, number> }

/**
 * The ledger as the batch layer counted it from the lake's files, one entry per partition and epoch of the records (a
 * partition that stayed open has several in one manifest). Hidden offsets, ticks and lost offsets belong to no record
 * and are put to the epoch that was sealed.
 *
 * @param view the stream's ledger view
 * @param byPartition its cells per partition, computed from the files that the steps name
 * @throws Error where the files hold another number of records than the manifests say
 */
export function ledgerEntries(
  view: ViewDefinition,
  epochMs: number,
  steps: readonly SealedStep[],
  byPartition: readonly { readonly partition: number; readonly cells: readonly EncodedCell[] }[],
): readonly LedgerEntry[] {
  const entries = new Map<string, Counts>()
  const entry = (stream: string, partition: number, epoch: number): Counts => {
    const key = `${partition}/${epoch}`
    const held = entries.get(key) ?? { stream, partition, epoch, ...ZERO, reasons: {} }
    entries.set(key, held)
    return held
  }
  for (const { partition, cells } of byPartition) {
    const mine = steps.filter((step) => step.partition.partition === partition)
    const stream = mine[0]?.manifest.stream
    if (stream === undefined) continue
    const counted = { accepted: 0, rejected: 0, duplicate: 0 }
    for (const cell of cells) {
      const { windowStartMs, dims } = parseCellKey(cell.key)
      const [outcome, reason] = dims
      const n = Number(decodeRegisters(view.registers, cell.registers)[0])
      const held = entry(stream, partition, epochOf(windowStartMs, epochMs))
      held.read += n
      if (outcome === 'accepted') held.accepted += n
      else if (outcome === 'rejected') held.rejected += n
      else if (outcome === 'duplicate') held.duplicates += n
      else throw new Error(`view "${view.name}": cell ${cell.key} names the outcome ${JSON.stringify(outcome)}`)
      counted[outcome] += n
      if (outcome === 'rejected') held.reasons[String(reason)] = (held.reasons[String(reason)] ?? 0) + n
    }
    const said = { accepted: 0, rejected: 0, duplicate: 0 }
    for (const { manifest, partition: p } of mine) {
      said.accepted += p.accepted
      said.rejected += p.rejected
      said.duplicate += p.duplicates
      const lost = p.lost.reduce((sum, range) => sum + range.to - range.from, 0)
      const rest = p.to - p.from - p.read - lost
      if (rest === 0 && lost === 0) continue
      const held = entry(stream, partition, manifest.epoch)
      held.rest += rest
      held.lost += lost
    }
    if (JSON.stringify(said) !== JSON.stringify(counted)) {
      throw new Error(
        `stream "${stream}", partition ${partition}: the manifests say ${JSON.stringify(said)}, their files hold ${JSON.stringify(counted)}`,
      )
    }
  }
  return [...entries.values()]
}

const ZERO = { read: 0, accepted: 0, rejected: 0, duplicates: 0, lost: 0, rest: 0 }
