import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chooseProvider, defaultCache, openEngines } from './open-engines.js'

let home: string
/** No docker on it, nor anything else. */
const bare = { PATH: '/nonexistent' }
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tandem-home-'))
})
afterEach(() => rm(home, { recursive: true }))

test('without Docker and without a wish, engines are native', async () => {
  expect(await chooseProvider(home, bare)).toBe('native')
})

test('one external address is enough to mean external engines', async () => {
  expect(await chooseProvider(home, { ...bare, TANDEM_MONGO_URL: 'mongodb://db' })).toBe('external')
})

test('a home keeps its provider, as its data lies there; a wish overrules it', async () => {
  await writeFile(join(home, 'provider'), 'docker\n')
  expect(await chooseProvider(home, bare)).toBe('docker')
  expect(await chooseProvider(home, { ...bare, TANDEM_ENGINES: 'native' })).toBe('native')
})

test('an unknown provider is refused', async () => {
  await expect(chooseProvider(home, { TANDEM_ENGINES: 'podman' })).rejects.toThrow(
    'TANDEM_ENGINES is "podman": it must be one of native, docker, external.',
  )
})

test('every missing program is named at once, before anything is fetched', async () => {
  const engines = await openEngines({ home, cache: join(home, 'cache'), env: bare, progress: () => undefined })
  const error = await engines.up().catch((e: Error) => e.message)
  for (const tool of ['java', 'mvn', 'javac', 'python3', 'redis-server'])
    expect(error).toContain(`${tool} was not found`)
})

test('before the first start there are no connections, and down has nothing to do', async () => {
  const engines = await openEngines({ home, env: bare, progress: () => undefined })
  await expect(engines.connections()).rejects.toThrow('were never started')
  await engines.down()
})

test('the cache is where the environment says, then where the system says', () => {
  expect(defaultCache({ TANDEM_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a')
  expect(defaultCache({ XDG_CACHE_HOME: '/b' })).toBe('/b/tandem')
  expect(defaultCache({})).toMatch(/\.cache\/tandem$/)
})
