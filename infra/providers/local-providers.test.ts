import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LocalProviders, startLocalProviders } from './local-providers.js'

let home: string
let started: LocalProviders | null = null
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tandem-providers-'))
})
afterEach(async () => {
  await started?.close()
  await rm(home, { recursive: true })
})

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function start(env: Readonly<Record<string, string>> = {}) {
  started = await startLocalProviders(env, { home, clock: { now: () => 0 }, logger })
  return started.env
}

test('local providers answer at the same addresses after a restart, so that links of what was crawled stay the same', async () => {
  const first = await start()
  expect(first.TANDEM_SHOP_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/products$/)
  const page = await (await fetch(`${first.TANDEM_SHOP_URL}`)).text()
  await started?.close()
  expect(await start()).toEqual(first)
  expect(await (await fetch(`${first.TANDEM_SHOP_URL}`)).text()).toBe(page)
})

test('none is started where the environment names real ones', async () => {
  const real = { DATA_GO_KR_KEY: 'key', TANDEM_SHOP_URL: 'http://shop/products', TANDEM_PLACES: '/places' }
  expect(await start(real)).toEqual(real)
})
