import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { sharedData } from '../../test/support/shared-data.js'
import { taxiTrips } from './streams.js'

const folder = sharedData()
const decoder = compileDecoder(taxiTrips)

test.skipIf(folder === null).each([
  ['2019-01', { 'negative-amount': 7 }],
  ['2019-08', { 'negative-amount': 18, 'event-time-too-old': 1 }],
  ['2020-05', { 'negative-amount': 46 }],
])('the real month %s (shared/data) has so many dead letters for these reasons', (month, expected) => {
  const text = gunzipSync(readFileSync(`${folder}taxi/yellow_tripdata_${month}.csv.gz`)).toString('utf8')
  // one of the files mixes its line ends
  const rows: Record<string, string>[] = parse(text, { columns: true, record_delimiter: ['\r\n', '\n'] })
  const reasons: Record<string, number> = {}
  let accepted = 0
  for (const row of rows) {
    const decoded = decoder.decode(
      Buffer.from(JSON.stringify(row, (_, cell) => (cell === '' ? null : cell))),
      Date.UTC(2024, 0, 1),
    )
    if (decoded.ok) accepted++
    else reasons[decoded.reason] = (reasons[decoded.reason] ?? 0) + 1
  }
  expect(reasons).toEqual(expected)
  expect(accepted + Object.values(expected).reduce((sum, n) => sum + n, 0)).toBe(10_000)
})
