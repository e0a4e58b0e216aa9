import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import {
  defineCollection,
  defineSource,
  defineStream,
  instant,
  type SourceDefinition,
  SourceError,
  type SourceOptions,
  z,
} from '../../core/index.js'
import { runSource } from './run-source.js'
import type { SourceReport } from './source-report.js'
import { openTestSources, type TestSources } from './testing/open-sources.js'
import { openTestSite, type TestAnswer, type TestRequest, type TestSite } from './testing/test-site.js'

const DAY_MS = 86_400_000
const MONDAY = Date.UTC(2024, 2, 4)

const prices = defineStream({
  name: 'prices',
  schema: z.object({ item: z.string(), price: z.int(), at: instant(), sign: z.int() }),
  eventTime: 'at',
})
const shelf = defineCollection({
  name: 'shelf',
  id: 'item',
  schema: z.object({ item: z.string(), price: z.int() }),
})

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

interface World {
  readonly site: TestSite
  readonly sources: TestSources
  /** Price by item: what the site shows. */
  readonly shop: Map<string, string>
  run(id: string, source?: SourceDefinition, scheduledMs?: number): Promise<SourceReport>
}

/** A site with a list of items and a page for each: `item;price`. */
async function start(trouble: (request: TestRequest, count: number) => TestAnswer | null = () => null): Promise<World> {
  const shop = new Map([
    ['ant', '10'],
    ['bee', '20'],
    ['cat', '30'],
  ])
  const site = await openTestSite((request, count) => {
    const { path } = request
    const given = trouble(request, count)
    if (given !== null) return given
    if (path === '/robots.txt') return { status: 404 }
    if (path === '/list') return { body: [...shop.keys()].join(',') }
    const item = path.slice(1)
    const etag = `"${item}-${shop.get(item)}"`
    if (request.headers['if-none-match'] === etag) return { status: 304, headers: { etag } }
    return { headers: { etag, 'content-type': 'text/plain' }, body: `${item};${shop.get(item)}` }
  })
  const sources = await openTestSources({ SHOP: site.url })
  open.push(site, sources)
  return {
    site,
    sources,
    shop,
    run: (id, source = toStream(), scheduledMs = MONDAY) => runSource(sources.deps, source, { id, scheduledMs }),
  }
}

const OPTIONS = {
  name: 'shop',
  description: 'a shop',
  settings: { url: { env: 'SHOP', about: 'where it is' } },
  limits: { requestsPerSecond: 5_000, attempts: 2 },
  async crawl(io, { cursor }) {
    const list = await io.get(`${io.settings['url']}/list`, { kind: 'list', as: 'list' })
    const items = Buffer.from(list.body).toString().split(',')
    // one after the other, so that a test may say at which page things end
    for (const item of items) await io.get(`${io.settings['url']}/${item}`, { kind: 'item', as: `item/${item}` })
    return { crawls: ((cursor as { crawls: number } | null)?.crawls ?? 0) + 1 }
  },
  read(page) {
    if (page.kind === 'list') return []
    const text = Buffer.from(page.body).toString()
    const match = /^(\w+);(\d+)$/.exec(text)
    if (match === null) throw new SourceError('shape', 'no price behind a semicolon', text)
    const at = new Date(page.fetchedAtMs).toISOString()
    return [{ id: match[1] as string, value: { item: match[1], price: Number(match[2]), at, sign: 1 } }]
  },
} satisfies Omit<SourceOptions, 'into'>

interface Price {
  readonly item: string
  readonly price: number
  readonly at: string
  readonly sign: number
}

function toStream(more: Partial<SourceOptions> = {}): SourceDefinition {
  return defineSource({
    ...OPTIONS,
    into: prices,
    same: (value) => (value as Price).price,
    revise: (before, after) => [{ ...(before as Price), sign: -1 }, after],
    ...more,
  })
}

const toCollection = (more: Partial<SourceOptions> = {}) => defineSource({ ...OPTIONS, into: shelf, ...more })

const sent = ({ log }: TestSources) =>
  (log.values() as Price[]).map(({ item, price, sign }) => `${sign > 0 ? '+' : '-'}${item}${price}`)

test('the first run sends every item, keyed by its id, and the landing has every page', async () => {
  const { run, sources } = await start()
  expect(await run('r1')).toEqual({
    name: 'shop',
    landed: 4,
    read: 3,
    loaded: 3,
    unchanged: 0,
    rejected: 0,
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
    errors: [],
    status: 'ok',
  })
  expect(sent(sources)).toEqual(['+ant10', '+bee20', '+cat30'])
  expect(sources.log.records.map(({ key }) => key)).toEqual(['ant', 'bee', 'cat'])
  const landing = await sources.deps.landing.open('shop', 'r1')
  expect([...(landing?.entries.keys() ?? [])]).toEqual(['list', 'item/ant', 'item/bee', 'item/cat'])
  expect(Buffer.from((await landing?.page('item/bee'))?.body ?? []).toString()).toBe('bee;20')
})

test('the same run again fetches nothing and sends nothing; the next one sends what has changed alone', async () => {
  const { run, site, sources, shop } = await start()
  const { checksum } = await run('r1')
  const fetched = site.requests.length
  expect(await run('r1')).toMatchObject({ landed: 4, loaded: 0, unchanged: 3, status: 'ok', checksum })
  expect(site.requests.length).toBe(fetched)
  shop.set('bee', '25')
  shop.set('dog', '40')
  expect(await run('r2')).toMatchObject({ landed: 5, loaded: 2, unchanged: 2, status: 'ok' })
  // the old value is taken back and the new one follows, in one partition
  expect(sent(sources).slice(3)).toEqual(['-bee20', '+bee25', '+dog40'])
  expect(await run('r3')).toMatchObject({ loaded: 0, unchanged: 4 })
  expect(await sources.deps.states.state('shop')).toMatchObject({ cursor: { crawls: 3 }, open: null })
})

test('pages that have not changed are answered 304 and land with the body of before, run after run', async () => {
  const { run, site, sources } = await start()
  await run('r1')
  for (const id of ['r2', 'r3']) {
    expect(await run(id)).toMatchObject({ landed: 4, read: 3, unchanged: 3 })
    const page = await (await sources.deps.landing.open('shop', id))?.page('item/cat')
    expect(page).toMatchObject({ status: 200, etag: '"cat-30"', contentType: 'text/plain' })
    expect(Buffer.from(page?.body ?? []).toString()).toBe('cat;30')
  }
  expect(site.requests.filter(({ headers }) => headers['if-none-match'] === '"cat-30"').length).toBe(2)
})

test('what a source keeps as final is not asked for again', async () => {
  const { run, site } = await start()
  const source = toStream({
    async crawl(io) {
      await io.get(`${io.settings['url']}/ant`, { kind: 'item', as: 'item/ant', keep: () => true })
      await io.get(`${io.settings['url']}/bee`, { kind: 'item', as: 'item/bee' })
    },
  })
  await run('r1', source)
  expect(await run('r2', source)).toMatchObject({ landed: 2, unchanged: 2 })
  expect(site.paths()).toEqual(['/ant', '/bee', '/bee'])
})

test('a run that was cut off goes on where it was: pages that it landed are not fetched again', async () => {
  let down = false
  const { run, site, sources } = await start(({ path }) => (path === '/cat' && down ? { status: 500 } : null))
  down = true
  expect(await run('r1')).toMatchObject({ status: 'failed', landed: 3, loaded: 0, errors: [{ kind: 'transient' }] })
  expect(sent(sources)).toEqual([])
  down = false
  expect(await run('r1')).toMatchObject({ status: 'ok', landed: 4, loaded: 3 })
  expect(site.paths()).toEqual(['/list', '/ant', '/bee', '/cat', '/cat', '/cat'])
})

test("the provider's quota ends a run, what it landed is loaded, and the next day's run goes on from there", async () => {
  const { run, site, sources } = await start()
  const source = toStream({ limits: { ...OPTIONS.limits, requestsPerDay: 3, zone: 'Asia/Seoul', robots: false } })
  const first = await run('r1', source)
  expect(first).toMatchObject({ status: 'partial', landed: 3, loaded: 2, errors: [{ kind: 'quota' }] })
  // the clock stands at 09:00 of Seoul, 3 March
  expect(first.resumesAt).toBe(Date.UTC(2024, 2, 3, 15))
  expect(await run('r1', source)).toMatchObject({ status: 'partial', loaded: 0, unchanged: 2 })
  sources.clock.nowMs = first.resumesAt as number
  expect(await run('r2', source, MONDAY + DAY_MS)).toMatchObject({ status: 'ok', landed: 4, loaded: 1, unchanged: 2 })
  expect(site.paths()).toEqual(['/list', '/ant', '/bee', '/cat'])
  expect(sent(sources)).toEqual(['+ant10', '+bee20', '+cat30'])
})

test("a quota keeps a collection's last generation until the crawl is whole", async () => {
  const { run, sources } = await start()
  const source = toCollection({ limits: { ...OPTIONS.limits, requestsPerDay: 3, robots: false } })
  expect(await run('r1', source)).toMatchObject({ status: 'partial', loaded: 0 })
  expect(sources.loads.size).toBe(0)
  sources.clock.nowMs += DAY_MS
  expect(await run('r2', source)).toMatchObject({ status: 'ok', loaded: 3 })
  expect(sources.loads.get('shelf')?.map(({ id }) => id)).toEqual(['ant', 'bee', 'cat'])
})

test('a crawl that was left too long ago is begun anew', async () => {
  let down = true
  const { run, site } = await start(({ path }) => (path === '/cat' && down ? { status: 500 } : null))
  await run('r1')
  down = false
  expect(await run('r2', undefined, MONDAY + 3 * DAY_MS)).toMatchObject({ status: 'ok' })
  expect(site.paths().filter((path) => path === '/ant').length).toBe(2)
})

test('a changed page shape fails the source with the page and a piece of it; the last good data stay', async () => {
  const { run, shop, sources } = await start()
  const source = toCollection()
  await run('r1', source)
  const before = sources.loads.get('shelf')
  shop.set('bee', 'twenty')
  const report = await run('r2', source)
  expect(report).toMatchObject({ status: 'failed', loaded: 0, read: 0 })
  expect(report.errors).toEqual([
    { kind: 'shape', message: 'item page item/bee: no price behind a semicolon', example: 'bee;twenty' },
  ])
  expect(sources.loads.get('shelf')).toBe(before)
  shop.set('bee', '21')
  expect(await run('r3', source)).toMatchObject({ status: 'ok', loaded: 3 })
})

test('a reader that fails otherwise than it says is a changed shape too, with the beginning of the page', async () => {
  const { run } = await start()
  const source = toStream({ read: (page) => JSON.parse(Buffer.from(page.body).toString()) })
  const report = await run('r1', source)
  expect(report).toMatchObject({ status: 'failed', errors: [{ kind: 'shape', example: 'ant,bee,cat' }] })
})

test('a page that the source goes on without is in the report; a stream gets the rest, a collection waits', async () => {
  const crawl: SourceOptions['crawl'] = async (io) => {
    for (const item of ['ant', 'gone', 'cat']) {
      try {
        await io.get(`${io.settings['url']}/${item}`, { kind: 'item', as: `item/${item}` })
      } catch (error) {
        if (!(error instanceof SourceError)) throw error
        io.skip(error)
      }
    }
  }
  const { run, sources } = await start(({ path }) => (path === '/gone' ? { status: 404 } : null))
  const report = await run('r1', toStream({ crawl }))
  expect(report).toMatchObject({ status: 'partial', loaded: 2, errors: [{ kind: 'refused' }] })
  expect(report.errors[0]?.message).toBe('item/gone: the server answered 404')
  expect(await run('c1', toCollection({ crawl, name: 'shop2' }))).toMatchObject({ status: 'partial', loaded: 0 })
  expect(sources.loads.size).toBe(0)
})

test('a run that is repeated may get the page that it went on without', async () => {
  let down = true
  const { run, sources } = await start(({ path }) => (path === '/cat' && down ? { status: 404 } : null))
  const source = toCollection({
    async crawl(io) {
      for (const item of ['ant', 'cat'])
        await io.get(`${io.settings['url']}/${item}`, { kind: 'item', as: `item/${item}` }).catch(io.skip)
    },
  })
  expect(await run('r1', source)).toMatchObject({ status: 'partial', landed: 1, loaded: 0 })
  down = false
  expect(await run('r1', source)).toMatchObject({ status: 'ok', landed: 2, loaded: 2 })
  expect(sources.loads.get('shelf')?.map(({ id }) => id)).toEqual(['ant', 'cat'])
})

test('of two runs at once the second waits for the first, and the site sees one crawl at a time', async () => {
  const order: string[] = []
  const waitedFor = new Set<unknown>()
  let letGo = (): void => undefined
  const waits = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const { sources } = await start()
  const source = toStream({
    async crawl(io, { cursor }) {
      order.push('begins')
      if (cursor === null) await waits
      const kept = await OPTIONS.crawl(io, { scheduledMs: MONDAY, cursor })
      order.push('ends')
      return kept
    },
  })
  const first = runSource(sources.deps, source, { id: 'r1', scheduledMs: MONDAY })
  const patient = { ...sources.deps, pause: () => first.then(() => undefined) }
  const progress = (detail: Readonly<Record<string, unknown>>) => {
    if (detail['waitsFor'] === undefined) return
    waitedFor.add(detail['waitsFor'])
    letGo()
  }
  const second = runSource(patient, source, { id: 'r2', scheduledMs: MONDAY, progress })
  expect(await first).toMatchObject({ status: 'ok', loaded: 3 })
  expect(await second).toMatchObject({ status: 'ok', loaded: 0, unchanged: 3 })
  expect([...waitedFor]).toEqual(['r1'])
  expect(order).toEqual(['begins', 'ends', 'begins', 'ends'])
  expect(sent(sources)).toEqual(['+ant10', '+bee20', '+cat30'])
})

test('a run killed while it sends leaves each record once, whether the broker had it or not', async () => {
  for (const had of [true, false]) {
    const { run, sources } = await start()
    sources.log.onProduce = (_, send) => {
      if (had) send()
      throw new Error('killed')
    }
    await expect(run('r1')).rejects.toThrow('killed')
    expect(await run('r1')).toMatchObject({ status: 'ok', unchanged: 3, loaded: 0 })
    expect(sent(sources).sort()).toEqual(['+ant10', '+bee20', '+cat30'])
  }
})

test('an engine that is away is not the fault of the source: the run fails to be repeated', async () => {
  const { run, sources } = await start()
  const { deps } = sources
  const broken = { ...deps, states: { ...deps.states, takeQuota: () => Promise.reject(new Error('MongoDB is away')) } }
  const source = toStream({ limits: { ...OPTIONS.limits, requestsPerDay: 10 } })
  await expect(runSource(broken, source, { id: 'r1', scheduledMs: MONDAY })).rejects.toThrow('MongoDB is away')
  expect(await run('r1', source)).toMatchObject({ status: 'ok' })
})

test('a run that is stopped ends at once, lands nothing more, and goes on later', async () => {
  const stop = new AbortController()
  const { run, site, sources } = await start(({ path }) => {
    if (path === '/bee') stop.abort(new Error('stopped'))
    return null
  })
  const stopped = runSource(sources.deps, toStream(), { id: 'r1', scheduledMs: MONDAY, signal: stop.signal })
  await expect(stopped).rejects.toThrow('stopped')
  expect(await run('r1')).toMatchObject({ status: 'ok', loaded: 3 })
  expect(site.paths().filter((path) => path === '/ant').length).toBe(1)
})

test('files are landed like pages, unpacked where they are packed; one that is missing is said by name', async () => {
  const { run, sources } = await start()
  const path = join(tmpdir(), `tandem-source-${process.pid}.csv.gz`)
  await writeFile(path, gzipSync('elk;50'))
  const source = toStream({ crawl: async (io) => void (await io.file(path, { kind: 'item', as: 'items.csv' })) })
  expect(await run('r1', source)).toMatchObject({ status: 'ok', landed: 1, loaded: 1 })
  expect(sent(sources)).toEqual(['+elk50'])
  const missing = toStream({ crawl: async (io) => void (await io.file('/no/such.csv', { kind: 'item' })) })
  const report = await run('r2', missing)
  expect(report).toMatchObject({ status: 'failed', errors: [{ kind: 'refused' }] })
  expect(report.errors[0]?.message).toContain('/no/such.csv cannot be read')
})

test('landings of old runs are swept, those of the last good ones kept', async () => {
  const { run, sources } = await start()
  for (let i = 1; i <= 6; i++) await run(`r${i}`)
  const kept = await Promise.all([1, 2, 3, 4, 5, 6].map((i) => sources.deps.landing.open('shop', `r${i}`)))
  expect(kept.map((landing) => landing !== null)).toEqual([false, false, true, true, true, true])
})
