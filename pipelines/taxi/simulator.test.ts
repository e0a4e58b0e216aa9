import type { SimulatedRecord } from 'tandem'
import { expect, test } from 'vitest'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { taxiSimulator } from './simulator.js'
import { taxiTrips } from './streams.js'

const NOON = Date.UTC(2024, 4, 1, 22, 30) // 18:30 in New York, the peak
const decoder = compileDecoder(taxiTrips)

function take(count: number, seed = 7): SimulatedRecord[] {
  const records: SimulatedRecord[] = []
  for (const record of taxiSimulator.events({ seed, startMs: NOON, rate: 5 })) {
    records.push(record)
    if (records.length === count) break
  }
  return records
}
const records = take(8_000)
const decoded = records.map((record) => decoder.decode(Buffer.from(JSON.stringify(record.value)), record.atMs))

test('equal seeds give equal trips, in the order of their ends', () => {
  expect(take(300)).toEqual(records.slice(0, 300))
  expect(take(300, 8)).not.toEqual(records.slice(0, 300))
  const times = records.map((record) => record.atMs)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(records.length / ((times.at(-1) as number) - NOON)).toBeGreaterThan(0.004)
})

test('most trips are accepted, and the dirt of the real files is refused for its reasons', () => {
  const reasons: Record<string, number> = {}
  for (const result of decoded) if (!result.ok) reasons[result.reason] = (reasons[result.reason] ?? 0) + 1
  const refused = Object.values(reasons).reduce((sum, n) => sum + n, 0)
  expect(refused / records.length).toBeLessThan(0.01)
  expect(reasons['negative-amount']).toBeGreaterThan(8)
  expect(Object.keys(reasons).length).toBeGreaterThan(3)
})

test('trips without meter, without distance, without passengers and of unknown zones are accepted', () => {
  const rows = decoded.flatMap((result) => (result.ok ? [result.row] : []))
  const some = (name: string, value: unknown) =>
    expect(rows.filter((row) => row[name] === value).length, name).toBeGreaterThan(10)
  some('VendorID', null)
  some('trip_distance', 0)
  some('passenger_count', 0)
  some('PULocationID', 264)
  const total = rows.reduce((sum, row) => sum + (row.fare_amount as number), 0) / rows.length
  expect(total / 100).toBeGreaterThan(8)
  expect(total / 100).toBeLessThan(25)
})
