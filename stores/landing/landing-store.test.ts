import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLake } from '../lake/index.js'
import type { LandedPage } from './landing-port.js'
import { openLanding } from './landing-store.js'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-landing-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

function page(url: string, body: string | Uint8Array, more: Partial<LandedPage> = {}): LandedPage {
  return {
    url,
    kind: 'item',
    fetchedAtMs: Date.UTC(2024, 2, 3, 4, 5, 6, 789),
    status: 200,
    contentType: 'text/plain',
    sha256: 'ab'.repeat(32),
    etag: null,
    lastModified: null,
    body: typeof body === 'string' ? new TextEncoder().encode(body) : body,
    ...more,
  }
}

async function listOf(pages: AsyncIterable<LandedPage> | readonly LandedPage[]): Promise<readonly LandedPage[]> {
  const list: LandedPage[] = []
  for await (const one of pages) list.push(one)
  return list
}

async function filesOf(source: string): Promise<readonly string[]> {
  const [folder] = await readdir(join(root, source))
  return (await readdir(join(root, source, folder as string))).sort()
}

test('pages come back as they were landed, before and after the landing is whole', async () => {
  const landing = openLanding(root)
  const bytes = Uint8Array.from({ length: 3_000 }, (_, i) => i % 256)
  const pages = [
    page('list?p=1', '목록\n{"a":1}', { kind: 'list', etag: '"x"', lastModified: 'Sun, 03 Mar 2024 00:00:00 GMT' }),
    page('item/1', bytes, { contentType: null, status: 203 }),
    page('item/2', ''),
  ]
  const writer = await landing.openWriter('shop', 'week 9:2024/03')
  for (const one of pages) await writer.add(one)
  expect(await writer.page('item/1')).toEqual(pages[1])
  expect(await listOf(writer.pages())).toEqual(pages)
  expect(await landing.open('shop', 'week 9:2024/03')).toBeNull()
  await writer.finish()
  await writer.close()
  const whole = await landing.open('shop', 'week 9:2024/03')
  expect([...(whole?.entries.keys() ?? [])]).toEqual(['list?p=1', 'item/1', 'item/2'])
  expect(await listOf(whole?.pages() ?? [])).toEqual(pages)
  expect(await whole?.page('item/2')).toEqual(pages[2])
  await expect(whole?.page('item/3')).rejects.toThrow('has no page item/3')
  expect(await filesOf('shop')).toEqual(['landing.json', 'pages-00000.parquet'])
  const again = await landing.openWriter('shop', 'week 9:2024/03')
  await again.finish()
  await again.add(page('item/4', 'later'))
  await again.finish()
  await again.close()
  const more = await landing.open('shop', 'week 9:2024/03')
  expect(await listOf(more?.pages() ?? [])).toEqual([...pages, page('item/4', 'later')])
})

test('an interrupted landing goes on; a page whose line a crash cut short is not there, those before it are', async () => {
  const landing = openLanding(root)
  const writer = await landing.openWriter('torn', 'r1')
  await writer.add(page('a', 'first'))
  await writer.add(page('b', 'second'))
  await writer.add(page('a', 'first, again'))
  await writer.close()
  const [folder] = await readdir(join(root, 'torn'))
  await appendFile(join(root, 'torn', folder as string, 'pages.ndjson'), '{"url":"c","kind":"item","fetchedAt')
  const next = await landing.openWriter('torn', 'r1')
  expect([...next.entries.keys()].sort()).toEqual(['a', 'b'])
  await next.add(page('c', 'third'))
  await next.finish()
  await next.close()
  const whole = await landing.open('torn', 'r1')
  const bodies = (await listOf(whole?.pages() ?? [])).map(({ url, body }) => [url, Buffer.from(body).toString()])
  expect(bodies).toEqual([
    ['b', 'second'],
    ['a', 'first, again'],
    ['c', 'third'],
  ])
})

test('many pages become several files, and each is found in its own', async () => {
  const landing = openLanding(root)
  const writer = await landing.openWriter('many', 'r1')
  for (let i = 0; i < 2_500; i++) await writer.add(page(`item/${i}`, `${i}`))
  await writer.finish()
  await writer.close()
  expect((await filesOf('many')).filter((name) => name.endsWith('.parquet')).length).toBe(3)
  const whole = await landing.open('many', 'r1')
  for (const i of [0, 999, 1_000, 2_499, 1])
    expect(Buffer.from((await whole?.page(`item/${i}`))?.body ?? []).toString()).toBe(`${i}`)
  expect((await listOf(whole?.pages() ?? [])).length).toBe(2_500)
})

test('the files are Parquet that others read', async () => {
  const [folder] = await readdir(join(root, 'many'))
  const lake = await openLake(join(root, 'lake'), {})
  const scratch = await lake.openScratch()
  const rows = await scratch.query(
    `SELECT count(*)::INTEGER AS n, min(decode(body)) AS first, max(fetched_at)::VARCHAR AS at
     FROM read_parquet('${join(root, 'many', folder as string)}/*.parquet') WHERE status = 200 AND kind = 'item'`,
  )
  expect(rows).toEqual([{ n: 2_500, first: '0', at: '2024-03-03 04:05:06.789' }])
  await scratch.close()
  await lake.close()
})

test('landings that are not kept are removed', async () => {
  const landing = openLanding(root)
  expect(await landing.sweep('many', new Set(['r1']))).toBe(0)
  expect(await landing.sweep('many', new Set())).toBe(1)
  expect(await landing.open('many', 'r1')).toBeNull()
  expect(await landing.sweep('none', new Set())).toBe(0)
})
