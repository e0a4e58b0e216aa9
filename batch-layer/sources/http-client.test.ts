import { afterEach, expect, test } from 'vitest'
import { SourceError, type SourceLimits } from '../../core/define/source-definition.js'
import { type HttpAnswer, HttpClient } from './http-client.js'
import { openTestSources, type TestSources } from './testing/open-sources.js'
import { openTestSite, type TestAnswer, type TestRequest, type TestSite } from './testing/test-site.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

interface World {
  readonly site: TestSite
  readonly sources: TestSources
  get(path: string, check?: (answer: HttpAnswer) => void): Promise<HttpAnswer>
}

async function start(
  answer: (request: TestRequest, count: number) => TestAnswer | null | Promise<TestAnswer | null>,
  limits: Partial<SourceLimits> = {},
  signal?: AbortSignal,
): Promise<World> {
  const site = await openTestSite(answer)
  const sources = await openTestSources()
  open.push(site, sources)
  const client = new HttpClient(sources.deps, {
    limits: {
      requestsPerSecond: 1_000,
      parallelPerHost: 4,
      attempts: 4,
      timeoutMs: 5_000,
      requestsPerDay: null,
      zone: 'UTC',
      maxBytes: 1_000,
      robots: false,
      ...limits,
    },
    userAgent: 'tandem-test',
    spend: async () => undefined,
    signal,
  })
  return {
    site,
    sources,
    get: (path, check = () => undefined) =>
      client.get({ url: `${site.url}${path}`, name: `page ${path}`, headers: {}, check }),
  }
}

const textOf = ({ body }: HttpAnswer): string => Buffer.from(body).toString('utf8')
const failureOf = (answer: Promise<unknown>): Promise<SourceError> =>
  answer.then(
    () => expect.unreachable(),
    (error: SourceError) => {
      expect(error).toBeInstanceOf(SourceError)
      return error
    },
  )

test('tries again with longer and longer waits what may pass: a cut connection, 500, 503', async () => {
  const { get, sources, site } = await start((_, count) =>
    count === 1 ? null : count === 2 ? { status: 500 } : count === 3 ? { status: 503 } : { body: 'there' },
  )
  expect(textOf(await get('/a'))).toBe('there')
  expect(site.requests.length).toBe(4)
  // half of 500, 1000 and 2000, and chance (0.5) of the other half
  expect(sources.pauses).toEqual([375, 750, 1_500])
})

test('gives up after its attempts, naming the page, the last answer and a piece of it', async () => {
  const { get, site } = await start(() => ({ status: 500, body: 'out of order' }))
  const failure = await failureOf(get('/a'))
  expect(failure).toMatchObject({ kind: 'transient', example: 'out of order' })
  expect(failure.message).toBe('page /a: the server answered 500, at attempt 4')
  expect(site.requests.length).toBe(4)
})

test('waits as long as the server asks, in seconds or until a date, but not for hours', async () => {
  const world = await start(({ path }, count) =>
    path === '/hours'
      ? { status: 429, headers: { 'retry-after': '7200' } }
      : count === 1
        ? { status: 429, headers: { 'retry-after': '7' } }
        : count === 2
          ? { status: 503, headers: { 'retry-after': new Date(Date.UTC(2024, 2, 3, 0, 0, 20)).toUTCString() } }
          : { body: 'now' },
  )
  expect(textOf(await world.get('/a'))).toBe('now')
  // the clock stands at 0:00:07 when it is told 0:00:20
  expect(world.sources.pauses).toEqual([7_000, 13_000])
  expect((await failureOf(world.get('/hours'))).kind).toBe('transient')
  expect(world.sources.pauses.length).toBe(2)
})

test('a page that the check finds passing trouble in is tried again; one that it refuses is not', async () => {
  const { get, site } = await start((_, count) => ({ body: count < 3 ? 'busy' : 'fine' }))
  const answer = await get('/a', (given) => {
    if (textOf(given) === 'busy') throw new SourceError('transient', 'busy')
  })
  expect(textOf(answer)).toBe('fine')
  const before = site.requests.length
  const failure = await failureOf(
    get('/b', () => {
      throw new SourceError('key', 'no key')
    }),
  )
  expect(failure).toMatchObject({ kind: 'key', message: 'no key' })
  expect(site.requests.length).toBe(before + 1)
})

test('tells a missing key and a page that is gone from what may pass', async () => {
  const { get, site } = await start(({ path }) => ({ status: Number(path.slice(1)) }))
  for (const [status, kind] of [
    [401, 'key'],
    [403, 'key'],
    [404, 'refused'],
    [410, 'refused'],
  ] as const)
    expect((await failureOf(get(`/${status}`))).kind).toBe(kind)
  expect(site.requests.length).toBe(4)
})

test('an answer that takes too long is cut off and tried again', async () => {
  const { get } = await start((_, count) => (count === 1 ? new Promise(() => undefined) : { body: 'in time' }), {
    timeoutMs: 700,
  })
  expect(textOf(await get('/a'))).toBe('in time')
})

test('follows redirects, five at most, and nowhere but to web pages', async () => {
  const { get } = await start(({ path }) => {
    const n = Number(path.slice(1))
    if (path === '/file') return { status: 302, headers: { location: 'file:///etc/hosts' } }
    return n > 0 ? { status: 301, headers: { location: `/${n - 1}` } } : { body: 'end' }
  })
  expect(textOf(await get('/5'))).toBe('end')
  expect((await failureOf(get('/6'))).message).toContain('redirected more than 5 times')
  expect((await failureOf(get('/file'))).kind).toBe('refused')
})

test('a page larger than the bound is refused', async () => {
  const { get } = await start(({ path }) => ({ body: 'x'.repeat(Number(path.slice(1))) }))
  expect((await get('/1000')).body.byteLength).toBe(1_000)
  expect((await failureOf(get('/1001'))).message).toBe('page /1001 is larger than 1000 bytes')
})

test('never has more requests at one host under way than it may', async () => {
  let running = 0
  let most = 0
  const { get } = await start(
    async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setImmediate(resolve))
      running--
      return {}
    },
    { parallelPerHost: 2 },
  )
  await Promise.all(Array.from({ length: 12 }, (_, i) => get(`/${i}`)))
  expect(most).toBeLessThanOrEqual(2)
})

test('keeps its rate, low or high, and the pause that robots.txt asks for', async () => {
  const spread = async (limits: Partial<SourceLimits>, requests: number, robots = ''): Promise<number> => {
    const at: number[] = []
    const { get } = await start(({ path }) => {
      if (path === '/robots.txt') return { body: robots }
      at.push(performance.now())
      return {}
    }, limits)
    await Promise.all(Array.from({ length: requests }, (_, i) => get(`/${i}`)))
    return (at.at(-1) as number) - (at[0] as number)
  }
  // 50 a second: the last of 21 comes two turns of 200 ms after the first, which a busy machine may see late
  expect(await spread({ requestsPerSecond: 50 }, 21)).toBeGreaterThan(250)
  expect(await spread({ requestsPerSecond: 5 }, 3)).toBeGreaterThan(250)
  const slow = 'User-agent: *\nCrawl-delay: 0.3'
  expect(await spread({ requestsPerSecond: 1_000, robots: true }, 3, slow)).toBeGreaterThan(400)
})

test('asks robots.txt once and keeps to it; a site without one refuses nothing', async () => {
  const { get, site } = await start(
    ({ path }) =>
      path === '/robots.txt' ? { body: 'User-agent: *\nDisallow: /private\nAllow: /private/open' } : { body: path },
    { robots: true },
  )
  expect(textOf(await get('/shop'))).toBe('/shop')
  expect(textOf(await get('/private/open'))).toBe('/private/open')
  expect(await failureOf(get('/private/x'))).toMatchObject({ kind: 'refused' })
  expect(site.requests.filter(({ path }) => path === '/robots.txt').length).toBe(1)
  expect(site.paths()).toEqual(['/shop', '/private/open'])
  expect(site.requests[0]?.headers['user-agent']).toBe('tandem-test')
  const bare = await start(({ path }) => (path === '/robots.txt' ? { status: 404 } : { body: 'x' }), { robots: true })
  expect(textOf(await bare.get('/a'))).toBe('x')
  const broken = await start(({ path }) => (path === '/robots.txt' ? { status: 500 } : { body: 'x' }), { robots: true })
  expect((await failureOf(broken.get('/a'))).kind).toBe('transient')
  expect(broken.site.paths()).toEqual([])
})

test('stops at once when its run is stopped', async () => {
  const stop = new AbortController()
  const { get } = await start(
    () => {
      stop.abort(new Error('the worker shuts down'))
      return new Promise(() => undefined)
    },
    {},
    stop.signal,
  )
  await expect(get('/a')).rejects.toThrow('the worker shuts down')
})
