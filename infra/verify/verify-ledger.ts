import { z } from 'zod'
import { parseCellKey } from '../../core/cell/cell-key.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { ledgerView } from '../../core/compile/ledger-view.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { Scratch } from '../../stores/lake/index.js'
import type { LoadedStream } from './load-stream.js'
import { belowPrefix } from './prefix-sql.js'
import type { Findings, LedgerTotals } from './verify.js'
import type { WholeAnswer } from './whole-answer.js'

const Counted = z.object({
  w: z.coerce.number(),
  outcome: z.enum(['accepted', 'rejected', 'duplicate']),
  reason: z.string().nullable(),
  n: z.coerce.number(),
})

const TOTAL_OF = { accepted: 'accepted', rejected: 'rejected', duplicate: 'duplicates' } as const

/** Compares the answered ledger with a count of the records themselves, per epoch, outcome and reason. */
export async function verifyLedger(
  scratch: Scratch,
  stream: StreamDefinition,
  epochMs: number,
  answer: WholeAnswer,
  loaded: LoadedStream,
): Promise<{ findings: Findings; counted: LedgerTotals }> {
  const prefix = answer.prefix[stream.name] ?? {}
  const sql =
    `SELECT _epoch * ${epochMs} AS w, 'accepted' AS outcome, NULL AS reason, count(*) AS n FROM ${belowPrefix(loaded.accepted, prefix)} GROUP BY w ` +
    `UNION ALL SELECT _epoch * ${epochMs} AS w, 'rejected' AS outcome, _reason AS reason, count(*) AS n FROM ${belowPrefix(loaded.rejected, prefix)} GROUP BY w, reason` +
    (loaded.duplicates === null
      ? ''
      : ` UNION ALL SELECT _epoch * ${epochMs} AS w, 'duplicate' AS outcome, NULL AS reason, count(*) AS n FROM ${belowPrefix(loaded.duplicates, prefix)} GROUP BY w`)
  const counted = new Map<string, number>()
  const totals = { read: 0, accepted: 0, rejected: 0, duplicates: 0 }
  for (const row of z.array(Counted).parse(await scratch.query(sql))) {
    counted.set(JSON.stringify([row.w, row.outcome, row.reason]), row.n)
    totals.read += row.n
    totals[TOTAL_OF[row.outcome]] += row.n
  }
  const view = ledgerView(stream, epochMs)
  const answered = new Map(
    answer.cells.map(({ key, registers }) => {
      const { windowStartMs, dims } = parseCellKey(key)
      return [JSON.stringify([windowStartMs, ...dims]), Number(decodeRegisters(view.registers, registers)[0])] as const
    }),
  )
  const differences = [...new Set([...counted.keys(), ...answered.keys()])]
    .filter((key) => counted.get(key) !== answered.get(key))
    .map(
      (key) =>
        `${view.name} ${key}: answered ${answered.get(key) ?? 'nothing'}, counted ${counted.get(key) ?? 'nothing'}`,
    )
  const all = [...loaded.unbalanced, ...differences]
  return { findings: { cells: answered.size, drift: all.length, differences: all }, counted: totals }
}
