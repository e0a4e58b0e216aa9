import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { choosePorts, rememberedPorts } from './ports.js'

let home: string
const servers: Server[] = []

/** Takes a port, as another program would. */
async function occupy(port = 0): Promise<number> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tandem-ports-'))
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
  await rm(home, { recursive: true })
})

test('chosen ports differ, and are the same the next time', async () => {
  const names = ['kafka', 'redis', 'mongo']
  const first = await choosePorts({ home, env: {}, names })
  expect(new Set(Object.values(first)).size).toBe(3)
  expect(await choosePorts({ home, env: {}, names })).toEqual(first)
  expect(await rememberedPorts(home)).toEqual(first)
})

test('a remembered port that another program took is replaced', async () => {
  const { redis = 0 } = await choosePorts({ home, env: {}, names: ['redis'] })
  await occupy(redis)
  expect((await choosePorts({ home, env: {}, names: ['redis'] }))['redis']).not.toBe(redis)
})

test('the port of an engine that runs is kept although it is taken: by the engine', async () => {
  const { redis = 0 } = await choosePorts({ home, env: {}, names: ['redis'] })
  await occupy(redis)
  expect(await choosePorts({ home, env: {}, names: ['redis'], inUse: new Set(['redis']) })).toEqual({ redis })
})

test('the environment decides, and a given port in use is an error that names the variable', async () => {
  const port = await occupy()
  const env = { TANDEM_PORT_TEMPORAL_UI: `${port}` }
  await expect(choosePorts({ home, env, names: ['temporal-ui'] })).rejects.toThrow(
    `Port ${port}, wanted by temporal-ui, is in use by another program: end it or set TANDEM_PORT_TEMPORAL_UI to another port.`,
  )
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
  expect(await choosePorts({ home, env, names: ['temporal-ui'] })).toEqual({ 'temporal-ui': port })
})

test('another port for an engine that runs needs a down first', async () => {
  await writeFile(join(home, 'ports.json'), '{"redis":20001}')
  const choice = { home, env: { TANDEM_PORT_REDIS: '20002' }, names: ['redis'], inUse: new Set(['redis']) }
  await expect(choosePorts(choice)).rejects.toThrow('redis runs on port 20001, but TANDEM_PORT_REDIS is 20002')
})

test('a port that is no port is refused by its variable', async () => {
  await expect(choosePorts({ home, env: { TANDEM_PORT_KAFKA: '70000' }, names: ['kafka'] })).rejects.toThrow(
    'TANDEM_PORT_KAFKA is "70000": it must be a port from 1 to 65535.',
  )
})
