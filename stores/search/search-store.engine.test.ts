import { createServer, type IncomingMessage } from 'node:http'
import { afterAll, afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { count, defineStream, defineView, instant } from '../../core/index.js'
import { testConnections, uniqueName } from '../../test/support/engines.js'
import { describeSearchStore } from './search-contract.js'
import { openSearch } from './search-store.js'
import { SearchUnavailableError } from './search-unavailable-error.js'

const url = () => testConnections().search.url
const names: string[] = []
const unique = () => {
  const name = uniqueName('view')
  names.push(name)
  return name
}

const found = z.object({
  hits: z.object({ hits: z.array(z.object({ _id: z.string(), _source: z.record(z.string(), z.unknown()) })) }),
})

describeSearchStore('search engine', {
  open: () => openSearch(testConnections().search),
  unique,
  find: async (alias) => {
    const response = await fetch(`${url()}/${alias}/_search?size=10000`)
    return found.parse(await response.json()).hits.hits.map(({ _id, _source }) => ({ id: _id, source: _source }))
  },
})

afterAll(async () => {
  const indices = z
    .array(z.object({ index: z.string() }))
    .parse(await (await fetch(`${url()}/_cat/indices?format=json`)).json())
  for (const { index } of indices) {
    if (names.some((name) => index.startsWith(`tandem-${name}-`)))
      await fetch(`${url()}/${index}`, { method: 'DELETE' })
  }
})

const servers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of servers.splice(0)) await close()
})

/** A server that answers as `answer` says; for what a healthy engine does not do on request. */
async function stub(
  answer: (request: IncomingMessage, body: string) => { status: number; body: unknown },
): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      const given = answer(request, body)
      response.writeHead(given.status, { 'content-type': 'application/json' }).end(JSON.stringify(given.body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(() => new Promise((resolve) => server.close(() => resolve())))
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

const stream = defineStream({ name: 'visits', schema: z.object({ word: z.string(), at: instant() }), eventTime: 'at' })
const view = defineView('searches', {
  from: stream,
  by: (e) => ({ word: e.word }),
  measures: () => ({ n: count() }),
  windows: ['5m'],
})
const segment = {
  id: 's1',
  view: 'searches',
  viewHash: view.hash,
  stream: 'visits',
  ranges: [],
  cells: 3,
  days: [],
  checksum: '',
}
const cells = ['a', 'b', 'c'].map((word) => ({ key: `[0,"${word}"]`, registers: '1,0' }))
const quick = { maxAttempts: 3, minDelayMs: 1, maxDelayMs: 1 }

test('requests and documents that are refused as too many are sent again, the others once', async () => {
  const sent: string[] = []
  let requests = 0
  const address = await stub((request, body) => {
    if (!request.url?.includes('_bulk')) return { status: 200, body: {} }
    if (++requests === 1) return { status: 429, body: { error: { type: 'rejected', reason: 'busy' } } }
    const words = [...body.matchAll(/"word":"(\w)"/g)].map(([, word]) => word as string)
    sent.push(words.join(''))
    const items = words.map((word) => ({ index: { _id: word, status: requests === 2 && word !== 'a' ? 429 : 201 } }))
    return { status: 200, body: { items } }
  })
  const search = await openSearch({ url: address, flavour: 'opensearch' }, quick)
  await search.putSegment(view, segment, { hours: cells, days: [] })
  expect(sent).toEqual(['abc', 'bc'])
  await search.close()
})

test('documents that are refused for ever end in a SearchUnavailableError, after the bounded attempts', async () => {
  let requests = 0
  const address = await stub((request, body) => {
    if (!request.url?.includes('_bulk')) return { status: 200, body: {} }
    requests++
    const items = [...body.matchAll(/"index"/g)].map(() => ({ index: { _id: 'x', status: 429 } }))
    return { status: 200, body: { items } }
  })
  const search = await openSearch({ url: address, flavour: 'opensearch' }, quick)
  await expect(search.putSegment(view, segment, { hours: cells, days: [] })).rejects.toThrow(SearchUnavailableError)
  expect(requests).toBe(3)
  await search.close()
})

test('a document that the engine will never take is named, and not sent again', async () => {
  let requests = 0
  const address = await stub((request) => {
    if (!request.url?.includes('_bulk')) return { status: 200, body: {} }
    requests++
    const error = { reason: 'no such field' }
    return {
      status: 200,
      body: { items: cells.map((_, i) => ({ index: { _id: `d${i}`, status: i === 1 ? 400 : 201, error } })) },
    }
  })
  const search = await openSearch({ url: address, flavour: 'opensearch' }, quick)
  await expect(search.putSegment(view, segment, { hours: cells, days: [] })).rejects.toThrow(
    'document d1 was refused (400): no such field',
  )
  expect(requests).toBe(1)
  await search.close()
})

test('an engine that is not there is a SearchUnavailableError that names the address and no password', async () => {
  const address = await stub(() => ({ status: 200, body: {} }))
  await servers.pop()?.()
  const open = openSearch(
    { url: address, flavour: 'opensearch', auth: { username: 'elastic', password: 'secret' } },
    quick,
  )
  const failure = await open.then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(SearchUnavailableError)
  expect(String(failure)).toContain(new URL(address).host)
  expect(String(failure)).not.toContain('secret')
})

test('Elasticsearch gets its own media types, OpenSearch plain JSON', async () => {
  const seen: (string | undefined)[] = []
  const address = await stub((request) => {
    seen.push(request.headers.accept)
    return { status: 404, body: {} }
  })
  for (const flavour of ['opensearch', 'elasticsearch'] as const) {
    await expect(openSearch({ url: address, flavour }, quick)).rejects.toThrow()
  }
  expect(seen[0]).toBe('application/json')
  expect(seen[1]).toContain('application/vnd.elasticsearch+json; compatible-with=8')
})
