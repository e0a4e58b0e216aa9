import { connect } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import { testConnections, testEngines, uniqueName } from '../../../test/support/engines.js'
import type { Engines } from '../index.js'

/** Of the 3 GB that everything may take, our own processes need the other half. */
const MAX_RSS_MIB = 1_600

let engines: Engines
beforeAll(async () => {
  engines = await testEngines()
})

/** One command in Redis' own protocol; the reply as it comes. */
function redis(...words: string[]): Promise<string> {
  const { hostname, port } = new URL(testConnections().redis.url)
  const command = `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(command))
    socket.once('error', reject)
    socket.once('data', (reply) => {
      socket.destroy()
      resolve(reply.toString())
    })
  })
}

test('every engine answers in its own protocol, within the memory that it may take', async () => {
  const status = await engines.status()
  for (const engine of status) expect(engine).toMatchObject({ ready: true })
  const rssMiB = status.reduce((sum, engine) => sum + (engine.rssMiB ?? 0), 0)
  expect(rssMiB).toBeLessThan(MAX_RSS_MIB)
})

test('up on what runs changes nothing', async () => {
  const before = (await engines.status()).map(({ pid }) => pid)
  expect(await engines.up()).toEqual(testConnections())
  expect((await engines.status()).map(({ pid }) => pid)).toEqual(before)
})

describe.runIf(process.env['TANDEM_ENGINES'] !== 'external')('engines that are ours', () => {
  test('Redis keeps through kill -9 what it has acknowledged, and refuses rather than evicts', async () => {
    const key = uniqueName('kept')
    expect(await redis('SET', key, 'value')).toBe('+OK\r\n')
    await engines.kill('redis')
    expect((await engines.status()).find(({ name }) => name === 'redis')).toMatchObject({ pid: null, ready: false })
    await engines.start('redis')
    expect(await redis('GETDEL', key)).toBe('$5\r\nvalue\r\n')
    expect(await redis('CONFIG', 'GET', 'maxmemory-policy')).toContain('noeviction')
  })

  test.each(['kafka', 'mongo', 'search', 'temporal'] as const)(
    '%s is ready again on its port after kill -9',
    async (name) => {
      const before = (await engines.status()).find((status) => status.name === name)
      await engines.kill(name)
      await engines.start(name)
      const after = (await engines.status()).find((status) => status.name === name)
      expect(after).toMatchObject({ ready: true, port: before?.port })
      expect(after?.pid).not.toBe(before?.pid)
    },
  )
})

test('search takes Korean text apart', async () => {
  const reply = await fetch(`${testConnections().search.url}/_analyze`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ analyzer: 'nori', text: '아버지가방에들어가신다' }),
  })
  const { tokens } = (await reply.json()) as { tokens: { token: string }[] }
  expect(tokens.map(({ token }) => token)).toEqual(['아버지', '가방', '들어가'])
})
