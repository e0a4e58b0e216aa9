import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { pointPrometheusAt, preparePrometheus } from './prometheus-folder.js'

let home: string
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tandem-prometheus-'))
})
afterEach(() => rm(home, { recursive: true }))

const targets = async (folder: string): Promise<unknown> =>
  JSON.parse(await readFile(join(folder, 'targets.json'), 'utf8'))

test('Prometheus finds the API where the environment says, and later where it really is', async () => {
  const folder = await preparePrometheus(home, '127.0.0.1', { TANDEM_PORT_API: '8099' })
  expect(await readFile(join(folder, 'prometheus.yml'), 'utf8')).toContain('targets.json')
  expect(await targets(folder)).toEqual([{ targets: ['127.0.0.1:8099'] }])
  await pointPrometheusAt(home, 8123)
  await preparePrometheus(home, '127.0.0.1', {})
  expect(await targets(folder)).toEqual([{ targets: ['127.0.0.1:8123'] }])
})

test('from inside a container this machine has another name', async () => {
  const folder = await preparePrometheus(home, 'host.docker.internal', {})
  await pointPrometheusAt(home, 8123)
  expect(await targets(folder)).toEqual([{ targets: ['host.docker.internal:8123'] }])
})

test('a home without Prometheus is left alone', async () => {
  await pointPrometheusAt(home, 8123)
  await expect(targets(join(home, 'engines', 'prometheus'))).rejects.toThrow('ENOENT')
})
