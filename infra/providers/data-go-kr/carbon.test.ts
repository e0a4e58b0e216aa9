import { afterEach, expect, test } from 'vitest'
import { runSource } from '../../../batch-layer/sources/run-source.js'
import { openTestSources, type TestSources } from '../../../batch-layer/sources/testing/open-sources.js'
import type { SourceDefinition } from '../../../core/index.js'
import { aptSource } from '../../../pipelines/carbon/sources/apt.js'
import { energySource } from '../../../pipelines/carbon/sources/energy.js'
import { forecastSource } from '../../../pipelines/carbon/sources/forecast.js'
import { weatherSource } from '../../../pipelines/carbon/sources/weather.js'
import { seededComplexes } from './complexes.js'
import { type Provider, type ProviderOptions, startDataGoKr } from './provider.js'
import { CHECKED } from './usage.js'

/** As shipped, at the pace of a test. */
const quick = (source: SourceDefinition): SourceDefinition => ({
  ...source,
  limits: { ...source.limits, requestsPerSecond: 5_000 },
})
const [apt, energy, weather, forecast] = [aptSource, energySource, weatherSource, forecastSource].map(quick) as [
  SourceDefinition,
  SourceDefinition,
  SourceDefinition,
  SourceDefinition,
]

/** Sunday, 3 March 2024: what is asked for ends with February 2024. */
const scheduledMs = Date.UTC(2024, 2, 2, 17)
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close()
})

interface World {
  readonly provider: Provider
  readonly sources: TestSources
}

async function start(options: Partial<ProviderOptions> = {}): Promise<World> {
  const provider = await startDataGoKr({
    complexes: seededComplexes(1, 3),
    readings: CHECKED,
    reportedThrough: () => '202312',
    ...options,
  })
  const sources = await openTestSources({ DATA_GO_KR_URL: provider.url })
  open.push(provider, sources)
  return { provider, sources }
}

test('the real reading of February 2021 is stored with its CO2', async () => {
  const { sources } = await start()
  const report = await runSource(sources.deps, energy, { id: 'r1', scheduledMs: Date.UTC(2021, 3, 1) })
  expect(report).toMatchObject({ status: 'ok', errors: [] })
  const stored = sources.log.records.find(({ value }) => value.includes('"A70384401202102"'))
  expect(stored?.key).toBe('A70384401202102')
  expect(JSON.parse(stored?.value ?? '')).toMatchObject({
    helect: 506_701,
    hgas: 0,
    hwaterCool: 23_599,
    carbonEnergy: 244_137,
    helectFrom: 'k-apt',
    hgasFrom: 'k-apt',
    coefficients: 'complex-2021',
  })
})

test('all four sources load, and run again they ask less, send nothing and load the same', async () => {
  const { provider, sources } = await start()
  const all = [apt, energy, weather, forecast]
  for (const source of all)
    expect(await runSource(sources.deps, source, { id: 'a', scheduledMs })).toMatchObject({
      status: 'ok',
      unchanged: 0,
    })
  const sent = sources.log.records.length
  const loads = structuredClone([...sources.loads])
  const asked = provider.requests.length
  for (const source of all)
    expect(await runSource(sources.deps, source, { id: 'a', scheduledMs })).toMatchObject({ status: 'ok' })
  expect(provider.requests.length).toBe(asked)
  for (const source of all)
    expect(await runSource(sources.deps, source, { id: 'b', scheduledMs })).toMatchObject({ status: 'ok' })
  expect(sources.log.records.length).toBe(sent)
  expect([...sources.loads]).toEqual(loads)
})
