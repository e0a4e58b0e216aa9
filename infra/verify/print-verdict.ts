import type { Verdict } from './verify.js'

export function printVerdict({ views, cells, records, ledger, drift, differences }: Verdict): void {
  console.log(`views ${views} · cells ${cells.toLocaleString('en')} · records ${records.toLocaleString('en')}`)
  console.log(
    `ledger: read ${ledger.read} = accepted ${ledger.accepted} + rejected ${ledger.rejected} + duplicates ${ledger.duplicates}`,
  )
  for (const line of differences) console.log(`  ${line}`)
  console.log(`drift ${drift}`)
}
