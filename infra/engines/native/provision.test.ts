import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clientsNeeded, type Package, provision } from './provision.js'

let cache: string
let installs: number
const options = () => ({ cache, env: process.env, progress: () => undefined })

const sample = (recipe: string, proof = ['file']): Package => ({
  name: 'sample',
  recipe,
  proof,
  clients: ['mvn'],
  install: async (folder) => {
    installs++
    await writeFile(join(folder, 'file'), recipe)
  },
})

beforeEach(async () => {
  installs = 0
  cache = await mkdtemp(join(tmpdir(), 'tandem-cache-'))
})
afterEach(() => rm(cache, { recursive: true }))

test('what is there is not fetched again, and needs no client', async () => {
  expect(await clientsNeeded(sample('a'), options())).toEqual(['mvn'])
  const folder = await provision(sample('a'), options())
  expect(await provision(sample('a'), options())).toBe(folder)
  expect(await clientsNeeded(sample('a'), options())).toEqual([])
  expect(installs).toBe(1)
})

test('another recipe is another folder', async () => {
  expect(await provision(sample('a'), options())).not.toBe(await provision(sample('b'), options()))
})

test('two at the same time fetch once', async () => {
  const [one, two] = await Promise.all([provision(sample('a'), options()), provision(sample('a'), options())])
  expect(one).toBe(two)
  expect(installs).toBe(1)
})

test('a provision that failed leaves nothing, and the next one starts afresh', async () => {
  const broken: Package = { ...sample('a'), install: () => Promise.reject(new Error('network gone')) }
  await expect(provision(broken, options())).rejects.toThrow('network gone')
  expect(await readdir(cache)).toEqual([])
  await provision(sample('a'), options())
})

test('one without its proof is refused', async () => {
  await expect(provision(sample('a', ['file', 'other']), options())).rejects.toThrow('file, other is not there')
})

test('what a killed process left half done is removed', async () => {
  const left = join(cache, 'sample-0123456789ab.partial-999999999-long-ago')
  await mkdir(left)
  const folder = await provision(sample('a'), options())
  expect(await readdir(cache)).toEqual([folder.slice(cache.length + 1)])
})

test('a folder that lost a part is made again', async () => {
  const folder = await provision(sample('a'), options())
  await rm(join(folder, 'file'))
  expect(await provision(sample('a'), options())).toBe(folder)
  expect(installs).toBe(2)
})
