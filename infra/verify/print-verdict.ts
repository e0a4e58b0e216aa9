import type { Verdict } from './verify.js'

export function printVerdict({ views, cells, records, ledger, drift, differences, skipped }: Verdict): void {
  console.log(`views ${views} · cells ${cells.toLocaleString('en')} · records ${records.toLocaleString('en')}`)
  console.log(
    `ledger: read ${ledger.read} = accepted ${ledger.accepted} + rejected ${ledger.rejected} + duplicates ${ledger.duplicates}`,
  )
  if (skipped.length > 0) console.log(`not recounted, as raw files have expired: ${skipped.join(', ')}`)
  for (const line of differences) console.log(`  ${line}`)
  console.log(`drift ${drift}`)
}
