import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { compileDecoder } from '../../../core/decode/compile-decoder.js'
import { sharedData } from '../../../test/support/shared-data.js'
import { pipeline } from '../index.js'
import { mapping } from './member-events.js'

const decoders = new Map(pipeline.streams.map((stream) => [stream.name, compileDecoder(stream)]))
const row = (cells: Record<string, string | null>) => ({
  ts: '2022-09-22T20:44:24.013567',
  member_id: '1',
  log_type: 'menu_log',
  age: '23',
  gender: 'W',
  region: '경기도',
  ...cells,
})

function decodeMapped(cells: Record<string, string | null>) {
  const mapped = mapping.map(cells, 2)
  if ('leaveOut' in mapped) return mapped
  return decoders.get(mapped.stream)?.decode(Buffer.from(JSON.stringify(mapped.value)), Date.UTC(2024, 0, 1))
}

test('a sign-in becomes UserLogin at the same instant of Seoul', () => {
  expect(decodeMapped(row({ log_type: 'login_log', event: 'member_login' }))).toMatchObject({
    ok: true,
    row: {
      event: 'UserLogin',
      member_id: 1,
      user_age: 23,
      user_gender: 'W',
      timestamp: Date.UTC(2022, 8, 22, 11, 44, 24, 13),
    },
  })
})

test('pages that are menus become menu clicks, under both of their names; the others are left out', () => {
  const menu = (event: string) => decodeMapped(row({ event }))
  expect(menu('search')).toMatchObject({ row: { selected_menu: 'nolabel', menuclick_page: null } })
  expect(menu('nolabel')).toMatchObject({ row: { selected_menu: 'nolabel' } })
  expect(menu('map')).toMatchObject({ row: { selected_menu: 'lesswaste' } })
  expect(menu('index')).toEqual({ leaveOut: 'home-page' })
  expect(menu('aboutecopoint')).toEqual({ leaveOut: 'about-page' })
  expect(menu('elsewhere')).toEqual({ leaveOut: 'unknown-event' })
})

test('an empty cell is a guest, a wrong cell is refused by the stream', () => {
  expect(decodeMapped(row({ event: 'map', member_id: null, age: null }))).toMatchObject({
    ok: true,
    row: { member_id: null },
  })
  expect(decodeMapped(row({ event: 'map', age: 'old' }))).toMatchObject({ ok: false, reason: 'type' })
  expect(decodeMapped(row({ event: 'map', ts: null }))).toMatchObject({ ok: false, reason: 'missing' })
})

const folder = sharedData()
test.skipIf(folder === null)(
  'of the real week (shared/data) every row is sent and accepted, or left out for a reason',
  () => {
    const rows: Record<string, string>[] = parse(readFileSync(`${folder}citizen/member_events.csv`), { columns: true })
    const counts: Record<string, number> = {}
    for (const cells of rows) {
      const decoded = decodeMapped(cells)
      const outcome =
        decoded === undefined
          ? 'no stream'
          : 'leaveOut' in decoded
            ? decoded.leaveOut
            : decoded.ok
              ? String(decoded.row.event)
              : decoded.reason
      counts[outcome] = (counts[outcome] ?? 0) + 1
    }
    expect(counts).toEqual({ UserLogin: 694, UserClickMenu: 1_610, 'home-page': 606, 'about-page': 278 })
    expect(rows.length).toBe(3_188)
  },
)
