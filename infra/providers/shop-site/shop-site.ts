import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type ShopItem, seededItems, seededPlaces } from './offers.js'
import { itemPage, listPage, ROBOTS } from './pages.js'

export interface ShopSiteOptions {
  /** Equal seeds give equal shops. */
  readonly seed: number
  /** UTC ms: prices change with it. */
  readonly now: () => number
  /** 0: any free port. @default 0 */
  readonly port?: number
  /** How long the slow page takes, ms. @default 1_500 */
  readonly slowMs?: number
}

export interface ShopSite {
  /** First page of the list. */
  readonly url: string
  /** Places as CSV. */
  readonly placesUrl: string
  /** Paths asked for so far, oldest first. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** What goes wrong at a shop, by the place of the item in its list. */
const SLOW = 3
/** Answers 500 when it is asked for the first time. */
const FAILING = 5
/** Costs something else every hour. */
const CHANGING = 7
const HOUR_MS = 3_600_000
const PLACES = 60
const KEPT_REQUESTS = 10_000

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

/** A shop on the local interface, for demonstrations and tests: with pages, a robots.txt, and the troubles of a real one. */
export async function startShopSite(options: ShopSiteOptions): Promise<ShopSite> {
  const items = seededItems(options.seed)
  const requests: string[] = []
  const failed = new Set<string>()
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://shop')
    if (requests.length < KEPT_REQUESTS) requests.push(`${pathname}${searchParams.size > 0 ? `?${searchParams}` : ''}`)
    const at = items.findIndex(({ number }) => pathname === `/products/${number}`)
    if (at === SLOW) await delay(options.slowMs ?? 1_500)
    if (at === FAILING && !failed.has(pathname)) {
      failed.add(pathname)
      return send(response, { status: 500, type: 'text/plain', body: 'the shop is out of order\n' })
    }
    const page = pageOf(options, items, pathname, searchParams, at)
    send(response, page, request.headers['if-none-match'])
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `${root}/products`,
    placesUrl: `${root}/places.csv`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pageOf(
  { seed, now }: ShopSiteOptions,
  items: readonly ShopItem[],
  path: string,
  query: URLSearchParams,
  at: number,
): Page {
  const item = items[at]
  if (item !== undefined) {
    const price = at === CHANGING ? item.price + 10 * (Math.floor(now() / HOUR_MS) % 24) : item.price
    return { status: 200, type: 'text/html', body: itemPage({ ...item, price }) }
  }
  if (path === '/products')
    return { status: 200, type: 'text/html', body: listPage(items, Number(query.get('page') ?? 1)) }
  if (path === '/robots.txt') return { status: 200, type: 'text/plain', body: ROBOTS }
  if (path === '/places.csv') return { status: 200, type: 'text/csv', body: seededPlaces(seed, PLACES) }
  return { status: 404, type: 'text/plain', body: 'there is no such page\n' }
}

function send(response: ServerResponse, { status, type, body }: Page, known?: string): void {
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 16)}"`
  if (status === 200 && known === etag) {
    response.writeHead(304, { etag }).end()
    return
  }
  response
    .writeHead(status, { 'content-type': `${type}; charset=utf-8`, ...(status === 200 ? { etag } : {}) })
    .end(body)
}
