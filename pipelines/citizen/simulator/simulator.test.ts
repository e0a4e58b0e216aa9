import type { SimulatedRecord } from 'tandem'
import { seededRandom } from 'tandem'
import { expect, test } from 'vitest'
import { compileDecoder } from '../../../core/decode/compile-decoder.js'
import { pipeline } from '../index.js'
import { citizenSimulator, RECORDS_PER_SESSION } from './index.js'
import { drawPerson } from './people.js'
import { planSession } from './session.js'

const EVENING = Date.UTC(2024, 4, 1, 11, 30) // 20:30 in Seoul, the peak

function take(count: number, seed = 7, rate = 50, startMs = EVENING): SimulatedRecord[] {
  const records: SimulatedRecord[] = []
  for (const record of citizenSimulator.events({ seed, startMs, rate })) {
    records.push(record)
    if (records.length === count) break
  }
  return records
}

const decoders = new Map(pipeline.streams.map((stream) => [stream.name, compileDecoder(stream)]))
function decode(record: SimulatedRecord) {
  const text = typeof record.value === 'string' ? record.value : JSON.stringify(record.value)
  const decoder = decoders.get(record.stream)
  if (decoder === undefined) throw new Error(`no stream ${record.stream}`)
  return decoder.decode(Buffer.from(text), record.atMs)
}

const records = take(8_000)

test('equal seeds give equal records, other seeds others', () => {
  expect(take(500)).toEqual(records.slice(0, 500))
  expect(take(500, 8)).not.toEqual(records.slice(0, 500))
})

test('records are sent in the order of their times, none before the start', () => {
  const times = records.map((record) => record.atMs)
  expect(times[0]).toBeGreaterThanOrEqual(EVENING)
  expect(times.every(Number.isSafeInteger)).toBe(true)
  expect(times).toEqual([...times].sort((a, b) => a - b))
})

test('the rate at the peak is the one asked for, and nights are quieter', () => {
  const seconds = ((records.at(-1) as SimulatedRecord).atMs - EVENING) / 1000
  expect(records.length / seconds).toBeGreaterThan(40)
  expect(records.length / seconds).toBeLessThan(60)
  const night = take(1_000, 7, 50, Date.UTC(2024, 4, 1, 19)) // 04:00
  expect(1_000 / (((night.at(-1) as SimulatedRecord).atMs - Date.UTC(2024, 4, 1, 19)) / 1000)).toBeLessThan(20)
})

test('the plan of a session has as many records as the rate assumes', () => {
  const random = seededRandom(1)
  let total = 0
  for (let i = 0; i < 10_000; i++) total += planSession(random, 1, EVENING, drawPerson(random, 1)).length
  expect(total / 10_000).toBeCloseTo(RECORDS_PER_SESSION, 1)
})

test('all but the poison is accepted, and the poison is refused for several reasons', () => {
  const reasons: Record<string, number> = {}
  const streams = new Set<string>()
  for (const record of records) {
    const decoded = decode(record)
    streams.add(record.stream)
    if (!decoded.ok) reasons[decoded.reason] = (reasons[decoded.reason] ?? 0) + 1
  }
  const refused = Object.values(reasons).reduce((sum, n) => sum + n, 0)
  expect(refused).toBeGreaterThan(2)
  expect(refused).toBeLessThan(30)
  expect(Object.keys(reasons).length).toBeGreaterThan(1)
  for (const name of ['log_inout', 'log_menuclick', 'log_ecopoint', 'log_nolabel', 'log_lesswaste'])
    expect(streams).toContain(name)
})

test('some records come late by minutes and by days, some twice, some from guests', () => {
  let minutes = 0
  let days = 0
  let guests = 0
  const seen = new Set<string>()
  let repeated = 0
  for (const record of records) {
    const decoded = decode(record)
    if (!decoded.ok) continue
    const lateMs = record.atMs - (decoded.row.timestamp as number)
    if (lateMs >= 60_000 && lateMs < 86_400_000) minutes++
    if (lateMs >= 86_400_000) days++
    if (decoded.row.member_id === null) guests++
    const text = JSON.stringify(record.value)
    if (seen.has(text)) repeated++
    seen.add(text)
  }
  expect(minutes).toBeGreaterThan(30)
  expect(days).toBeGreaterThan(0)
  expect(guests).toBeGreaterThan(800)
  expect(repeated).toBeGreaterThan(10)
})

test('words trend and fade: the busiest word of one quarter of an hour is not always that of the next', () => {
  const top = new Set<string>()
  const counts = new Map<string, Map<string, number>>()
  for (const record of take(30_000, 3, 30)) {
    const decoded = decode(record)
    if (!decoded.ok || decoded.row.event !== 'UserSearchProduct') continue
    const window = String(Math.floor(record.atMs / 300_000))
    const words = counts.get(window) ?? new Map<string, number>()
    counts.set(
      window,
      words.set(decoded.row.search_word as string, (words.get(decoded.row.search_word as string) ?? 0) + 1),
    )
  }
  for (const words of counts.values()) top.add([...words].sort((a, b) => b[1] - a[1])[0]?.[0] as string)
  expect(top.size).toBeGreaterThan(1)
})
