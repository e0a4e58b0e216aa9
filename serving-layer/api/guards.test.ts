import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatToken } from '../../core/seam/answer-token.js'
import { shop } from '../testing/definitions.js'
import { openApi } from '../testing/open-api.js'
import { World } from '../testing/world.js'

const HOUR_MS = 3_600_000

let world: World
let api: Awaited<ReturnType<typeof openApi>>

beforeEach(async () => {
  world = new World(shop)
  await world.begin()
  api = await openApi(world, { retentionMs: 78 * HOUR_MS })
})
afterEach(() => api.close())

function search(partition: number, word: string): void {
  const at = world.clock.nowMs
  world.append('searches', partition, { at, word, gender: 'W', age: 30, member: 'm', paid: 0 } as never)
}

async function ask(since?: string, path = '/v1/views/words?from=-10m&window=all') {
  const response = await fetch(`${api.url}${path}`, { headers: since === undefined ? {} : { 'Tandem-Since': since } })
  const text = await response.text()
  const body = JSON.parse(text.split('\n')[0] as string)
  return { token: response.headers.get('tandem-token') ?? '', degraded: body.provenance.degraded }
}

test('a client that was answered more by another node is told so, until this one is as far', async () => {
  search(0, 'a')
  search(0, 'a')
  search(1, 'b')
  await world.flushAll()
  const first = await ask()
  expect(first.degraded).toEqual([])
  expect((await ask(first.token)).degraded).toEqual([])

  const further = formatToken({ searches: { 0: 9, 1: 1 }, gone: { 0: 4 } })
  const second = await ask(further)
  expect(second.degraded).toEqual([{ stream: 'searches', partition: 0, from: 2, to: 9 }])
  // the token that it hands on forgets nothing, so that the next answer says it too
  expect((await ask(second.token)).degraded).toEqual(second.degraded)
  for (const path of ['/v1/views/words/trending', '/v1/views/words/cells'])
    expect((await ask(second.token, path)).degraded).toEqual(second.degraded)

  for (let n = 0; n < 7; n++) search(0, 'a')
  await world.flushAll()
  world.clock.nowMs += 1_000
  expect((await ask(second.token)).degraded).toEqual([])
})

test('a listener that comes from another node is told what this one lacks, until it has it', async () => {
  search(0, 'a')
  await world.flushAll()
  const stop = new AbortController()
  const response = await fetch(`${api.url}/v1/views/words/live?window=all&groupBy=&interval=200`, {
    headers: { 'Last-Event-ID': formatToken({ searches: { 0: 3 } }) },
    signal: stop.signal,
  })
  const events = eventsOf(response)
  const first = await events()
  expect(first.data.provenance.degraded).toEqual([{ stream: 'searches', partition: 0, from: 1, to: 3 }])
  expect(first.id).toBe(formatToken({ searches: { 0: 3, 1: 0 } }))

  search(0, 'a')
  search(0, 'a')
  await world.flushAll()
  world.clock.nowMs += 1_000
  const second = await events()
  expect(second.data).toMatchObject({ rows: [{ searches: 3 }], provenance: { degraded: [] } })
  expect(second.id).toBe(formatToken({ searches: { 0: 3, 1: 0 } }))
  stop.abort()
})

/** The answers of a stream of events, one by one. */
function eventsOf(response: Response) {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  let text = ''
  return async () => {
    for (;;) {
      const found = /id: (.*)\nevent: answer\ndata: (.*)\n\n/.exec(text)
      if (found) {
        text = text.slice(found.index + found[0].length)
        return { id: found[1], data: JSON.parse(found[2] as string) }
      }
      const { value, done } = await reader.read()
      if (done) throw new Error('the events ended')
      text += Buffer.from(value).toString()
    }
  }
}

test('a token that is none is ignored', async () => {
  search(0, 'a')
  await world.flushAll()
  for (const text of ['', 't1.', 't9.W10', 't1.e30', 't1.W1sic2VhcmNoZXMiLFtbMCwtMV1dXV0', '"etag"'])
    expect((await ask(text)).degraded).toEqual([])
})

test('records that wait to be sealed for a third of their retention raise the alarm, in health and in the metrics', async () => {
  search(0, 'a')
  await world.flushAll()
  await ask()
  await api.retention.refresh()
  const alarms = async () => {
    const { body } = await api.get('/healthz')
    return (body.troubles as string[]).filter((trouble) => trouble.includes('was not sealed for'))
  }
  world.clock.nowMs += 25 * HOUR_MS
  expect(await alarms()).toEqual([])
  world.clock.nowMs += 2 * HOUR_MS
  expect(await alarms()).toEqual([expect.stringMatching(/stream "searches" partition 0 .* 78.0 h only/)])
  const { body } = await api.get('/metrics')
  expect(body).toContain('tandem_retention_alarm{stream="searches",partition="0"} 1')
  expect(body).toContain(`tandem_retention_seconds{stream="searches",partition="0"} ${78 * 3_600}`)
})
