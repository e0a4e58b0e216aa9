import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EncodedCell } from '../../core/cell/cell.js'
import { compareKeys } from '../../core/cell/cell-key.js'
import type { Segment } from '../../core/seam/segment.js'
import { type ColdStore, openCold } from './index.js'

const HOUR_MS = 3_600_000
/** The leap day's evening: the cells lie in two months. */
const START = Date.UTC(2024, 1, 29, 20)
const SEGMENT: Segment = {
  id: 'a'.repeat(32),
  view: 'words',
  viewHash: 'h',
  stream: 'visits',
  ranges: [],
  cells: 40,
  days: [20_240_229, 20_240_301],
  checksum: 'c'.repeat(64),
}

let root: string
let cold: ColdStore

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-cold-'))
  cold = openCold(root, { threads: 1 })
})
afterEach(async () => {
  await cold.close()
  await rm(root, { recursive: true })
})

test('a day of a copy comes back as it was written, from either side of a month’s end', async () => {
  const cells = cellsOver(['생수', "it's", 'a,b', null])
  const copy = await cold.write(SEGMENT, { resolutionMs: HOUR_MS, cells, days: cells.slice(0, 3) })
  expect(copy).toMatchObject({ resolutionMs: HOUR_MS, cells: 40 })
  expect(copy.file).toBe(`visits/cold/words/${SEGMENT.id}.cccccccccccccccc.parquet`)
  expect(await cold.read(copy, 20_240_229)).toEqual(cells.slice(0, 16))
  expect(await cold.read(copy, 20_240_301)).toEqual(cells.slice(16))
  expect(await cold.read(copy, 20_240_302)).toEqual([])
})

test('cells without dimensions, and a segment without cells, are kept too', async () => {
  const cells = [{ key: `[${START}]`, registers: '1' }]
  const one = await cold.write(SEGMENT, { resolutionMs: HOUR_MS, cells, days: cells })
  expect(await cold.read(one, 20_240_229)).toEqual(cells)
  const none = await cold.write({ ...SEGMENT, id: 'b' }, { resolutionMs: HOUR_MS, cells: [], days: [] })
  expect(await cold.read(none, 20_240_229)).toEqual([])
})

test('the first copy stays, whoever writes again; nothing temporary is left', async () => {
  const cells = cellsOver(['a'])
  const first = await cold.write(SEGMENT, { resolutionMs: HOUR_MS, cells, days: [] })
  expect(await cold.write(SEGMENT, { resolutionMs: HOUR_MS, cells, days: [] })).toEqual(first)
  expect(await readdir(join(root, 'visits/cold/words'))).toHaveLength(1)
})

test('a file that differs from what was written is refused, and so is one that is gone', async () => {
  const copy = await cold.write(SEGMENT, { resolutionMs: HOUR_MS, cells: cellsOver(['a']), days: [] })
  await appendFile(join(root, copy.file), 'x')
  await expect(cold.read(copy, 20_240_229)).rejects.toThrow(`cold file "${copy.file}" has ${copy.bytes + 1} bytes`)
  await rm(join(root, copy.file))
  await expect(cold.check(copy)).rejects.toThrow('cannot be read')
})

test('what is not named is swept once it is old enough', async () => {
  const kept = await cold.write(SEGMENT, { resolutionMs: HOUR_MS, cells: cellsOver(['a']), days: [] })
  await cold.write({ ...SEGMENT, id: 'b' }, { resolutionMs: HOUR_MS, cells: [], days: [] })
  const named = new Set([kept.file])
  expect(await cold.sweep('visits', named, Date.now(), HOUR_MS)).toBe(0)
  expect(await cold.sweep('visits', named, Date.now() + 2 * HOUR_MS, HOUR_MS)).toBe(1)
  await cold.check(kept)
})

/** Ten hours from the start, by window and then by key. */
function cellsOver(words: readonly (string | null)[]): EncodedCell[] {
  const hours = Array.from({ length: 10 }, (_, hour) => START + hour * HOUR_MS)
  const cells = hours.flatMap((start) =>
    words.map((word, i) => ({ key: JSON.stringify([start, word]), registers: `${i} {"a":1}` })),
  )
  return cells.sort((a, b) => compareKeys(a.key, b.key))
}
