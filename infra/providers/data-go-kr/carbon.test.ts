import { afterEach, expect, test } from 'vitest'
import { runSource } from '../../../batch-layer/sources/run-source.js'
import { openTestSources, type TestSources } from '../../../batch-layer/sources/testing/open-sources.js'
import { compileDecoder } from '../../../core/decode/compile-decoder.js'
import type { SourceDefinition } from '../../../core/index.js'
import { forecastDays, weatherMonths } from '../../../pipelines/carbon/collections.js'
import { aptSource } from '../../../pipelines/carbon/sources/apt.js'
import { energySource } from '../../../pipelines/carbon/sources/energy.js'
import { forecastSource } from '../../../pipelines/carbon/sources/forecast.js'
import { weatherSource } from '../../../pipelines/carbon/sources/weather.js'
import { apt as aptStream, energy as energyStream } from '../../../pipelines/carbon/streams.js'
import { sharedData } from '../../../test/support/shared-data.js'
import { itemAnswer } from './answers.js'
import { complexesOfFile, seededComplexes } from './complexes.js'
import { type Provider, type ProviderOptions, startDataGoKr } from './provider.js'
import { CHECKED, NOT_REPORTED, readingsOfFile } from './usage.js'

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
  const { provider, sources } = await start({ complexes: seededComplexes(1, 2) })
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
  const decoders = [aptStream, energyStream].map(compileDecoder)
  for (const { key, value } of sources.log.records) {
    const decoder = decoders[value.includes('"kaptName"') ? 0 : 1]
    expect(decoder?.decode(Buffer.from(value), sources.clock.nowMs), key).toMatchObject({ ok: true })
  }
  for (const [name, schema] of [
    ['weather-months', weatherMonths.schema],
    ['forecast-days', forecastDays.schema],
  ] as const)
    for (const { value } of sources.loads.get(name) ?? []) expect(() => schema?.parse(value)).not.toThrow()
})

interface Energy {
  readonly id: string
  readonly helect: number | null
  readonly helectFrom: string | null
  readonly hgasFrom: string | null
  readonly carbonEnergy: number
  readonly sign: number
}

test.each([
  ['20', 'key'],
  ['30', 'key'],
  ['31', 'key'],
  ['32', 'key'],
] as const)('error %s of a key ends the run with what to do, and nothing is sent', async (code, kind) => {
  const { sources, provider } = await start({ trouble: () => code })
  const report = await runSource(sources.deps, energy, { id: 'r1', scheduledMs })
  expect(report).toMatchObject({ status: 'failed', landed: 0, loaded: 0, errors: [{ kind }] })
  expect(report.errors[0]?.message).toContain(`the provider answers ${code}`)
  expect(provider.requests.length).toBe(1)
  expect(sources.log.records).toEqual([])
})

test.each(['01', '02', '04', '05', '99'])('error %s may pass: it is asked again until it has', async (code) => {
  const { sources, provider } = await start({ trouble: (_, count) => (count % 3 === 1 ? code : null) })
  expect(await runSource(sources.deps, weather, { id: 'r1', scheduledMs })).toMatchObject({ status: 'ok', errors: [] })
  expect(provider.requests.length).toBeGreaterThan(52)
  expect(sources.pauses.length).toBe(provider.requests.length - 52)
})

test('22 ends the run for today; the next day it goes on, and no page was asked for twice', async () => {
  let perDay = 40
  const { sources, provider } = await start({ trouble: (_, count) => (count > perDay ? '22' : null) })
  const first = await runSource(sources.deps, energy, { id: 'r1', scheduledMs })
  expect(first).toMatchObject({ status: 'partial', errors: [{ kind: 'quota' }] })
  // midnight of Seoul, after 09:00 of 3 March there
  expect(first.resumesAt).toBe(Date.UTC(2024, 2, 3, 15))
  const asked = new Set(provider.requests.slice(0, 40).map(({ path, query }) => `${path}?${query}`))
  perDay = Number.POSITIVE_INFINITY
  sources.clock.nowMs = first.resumesAt as number
  const before = provider.requests.length
  expect(await runSource(sources.deps, energy, { id: 'r1', scheduledMs })).toMatchObject({ status: 'ok', errors: [] })
  for (const { path, query } of provider.requests.slice(before)) expect(asked).not.toContain(`${path}?${query}`)
  const ids = (sources.log.values() as Energy[]).filter(({ sign }) => sign === 1).map(({ id }) => id)
  expect(new Set(ids).size).toBeGreaterThan(60)
})

test('03 and zeros throughout are never a use of 0: the buildings say, or an estimate, and the flag tells', async () => {
  const { sources, provider } = await start({
    readings: new Map([...CHECKED, ['A70384401202205', NOT_REPORTED], ['A70384401202206', NOT_REPORTED]]),
    trouble: ({ path, query }) =>
      path.includes('ApHusEnergy') && query.get('reqDate') === '202207'
        ? '03'
        : path.endsWith('getBeElctyUsgInfo') && query.get('useYm') === '202206'
          ? '03'
          : null,
  })
  expect(await runSource(sources.deps, energy, { id: 'r1', scheduledMs })).toMatchObject({ status: 'ok' })
  const records = sources.log.values() as Energy[]
  const at = (month: string) => records.find(({ id }) => id === `A70384401${month}`)
  expect(at('202206')).toMatchObject({ helectFrom: 'estimate' })
  for (const { helect } of records) expect(helect).not.toBe(0)
  for (const month of ['202205', '202207']) expect(['building', 'estimate']).toContain(at(month)?.helectFrom)
  expect(records.some(({ helectFrom }) => helectFrom === 'building')).toBe(true)
  // padded lot numbers, or the service would have known no such lot
  const lots = provider.requests.filter(({ path }) => path.includes('BldEngy'))
  expect(lots.length).toBeGreaterThan(0)
  for (const { query } of lots) expect(`${query.get('bun')}-${query.get('ji')}`).toMatch(/^\d{4}-\d{4}$/)
  // reported late, so not there yet
  expect(at('202401')).toBeUndefined()
})

test('a corrected month takes the old value back, so that sums are right', async () => {
  const readings = new Map(CHECKED)
  const { sources } = await start({ readings })
  await runSource(sources.deps, energy, { id: 'r1', scheduledMs })
  const before = sources.log.records.length
  const values = () => sources.log.values() as Energy[]
  const old = values().find(({ id }) => id === 'A70384401202312')
  readings.set('A70384401202312', { ...NOT_REPORTED, helect: 111_111, hwaterCool: 5_000, hheat: 9 })
  // months of the last quarter are asked for again, those before are settled
  expect(await runSource(sources.deps, energy, { id: 'r2', scheduledMs })).toMatchObject({ status: 'ok', loaded: 1 })
  expect(values().slice(before)).toEqual([
    { ...old, sign: -1 },
    expect.objectContaining({ id: 'A70384401202312', helect: 111_111, sign: 1 }),
  ])
})

test('a page of another shape fails its source with an example; what was sent stays, other sources go on', async () => {
  let broken = false
  const { sources } = await start({
    trouble: ({ path, query }) =>
      broken && path.includes('ApHusEnergy') && query.get('reqDate') === '202312'
        ? itemAnswer({ kaptCode: query.get('kaptCode') ?? '', electricity: 5 })
        : null,
  })
  await runSource(sources.deps, energy, { id: 'r1', scheduledMs })
  const sent = sources.log.records.length
  broken = true
  const report = await runSource(sources.deps, energy, { id: 'r2', scheduledMs })
  expect(report).toMatchObject({ status: 'failed', loaded: 0, errors: [{ kind: 'shape' }] })
  expect(report.errors[0]?.message).toMatch(/^page energy\/A\d+\/202312: the field "helect" is missing/)
  expect(report.errors[0]?.example).toContain('electricity')
  expect(sources.log.records.length).toBe(sent)
  expect(await runSource(sources.deps, weather, { id: 'r2', scheduledMs })).toMatchObject({ status: 'ok' })
})

test('the key is sent, and lies in no landing and no message', async () => {
  const { provider } = await start()
  const sources = await openTestSources({ DATA_GO_KR_URL: provider.url, DATA_GO_KR_KEY: 'secret+/=' })
  open.push(sources)
  await runSource(sources.deps, forecast, { id: 'r1', scheduledMs })
  expect(provider.requests[0]?.query.get('serviceKey')).toBe('secret+/=')
  const pages: unknown[] = []
  for await (const page of (await sources.deps.landing.open('forecast', 'r1'))?.pages() ?? [])
    pages.push({ ...page, body: Buffer.from(page.body).toString() })
  expect(pages.length).toBe(1)
  expect(JSON.stringify(pages)).not.toContain('secret')
  await provider.close()
  const failed = await runSource(sources.deps, forecast, { id: 'r2', scheduledMs: scheduledMs + 86_400_000 })
  expect(failed).toMatchObject({ status: 'failed', errors: [{ kind: 'transient' }] })
  expect(JSON.stringify(failed)).not.toContain('secret')
})

test('with a key and nothing else the real provider is asked; with neither key nor address nobody is', async () => {
  const asked: string[] = []
  const fetch = async (url: string | URL | Request) => {
    asked.push(new URL(String(url)).host)
    return new Response(null, { status: 404 })
  }
  const [real, none] = [await openTestSources({ DATA_GO_KR_KEY: 'k' }), await openTestSources()]
  open.push(real, none)
  await runSource({ ...real.deps, fetch }, forecast, { id: 'r1', scheduledMs })
  expect(asked).toEqual(['apis.data.go.kr'])
  const report = await runSource({ ...none.deps, fetch }, forecast, { id: 'r1', scheduledMs })
  expect(report).toMatchObject({ status: 'failed', errors: [{ kind: 'key' }] })
  expect(report.errors[0]?.message).toContain('set DATA_GO_KR_KEY')
  expect(asked.length).toBe(1)
})

test('the weather is that of Daegu, not of the first station in the list, and the forecast of whole days', async () => {
  const { sources, provider } = await start()
  await runSource(sources.deps, weather, { id: 'r1', scheduledMs })
  await runSource(sources.deps, forecast, { id: 'r1', scheduledMs })
  const months = sources.loads.get('weather-months')?.map(({ value }) => value) as { station: string; month: string }[]
  expect(months.map(({ month }) => month)).toEqual(expect.arrayContaining(['202201', '202402']))
  for (const { station } of months) expect(station).toBe('대구')
  expect(sources.loads.get('forecast-days')?.map(({ id }) => id)).toEqual(['20240302', '20240303', '20240304'])
  // Sunday 02:00 of Seoul: the forecast of 23:00 the day before
  const asked = provider.requests.find(({ path }) => path.includes('VilageFcst'))?.query
  expect([asked?.get('base_date'), asked?.get('base_time')]).toEqual(['20240302', '2300'])
})

const shared = sharedData()
test.skipIf(shared === null)(
  'a complex file (shared/data): every complex of a province once, run after run',
  async () => {
    const complexes = await complexesOfFile(`${shared}carbon/aptcode.csv.gz`)
    expect(complexes.length).toBe(18_900)
    const { provider } = await start({ complexes })
    // the least of the 17 provinces
    const sources = await openTestSources({ DATA_GO_KR_URL: provider.url, TANDEM_CARBON_SIDO: '50' })
    open.push(sources)
    expect(await runSource(sources.deps, apt, { id: 'r1', scheduledMs })).toMatchObject({
      status: 'ok',
      landed: 121,
      read: 119,
      loaded: 119,
    })
    expect(await runSource(sources.deps, apt, { id: 'r2', scheduledMs })).toMatchObject({ loaded: 0, unchanged: 119 })
    expect(new Set(sources.log.records.map(({ key }) => key)).size).toBe(119)
  },
)

test.skipIf(shared === null)('24 real months (shared/data): the month that is missing is estimated', async () => {
  const all = await complexesOfFile(`${shared}carbon/aptcode.csv.gz`)
  const complexes = all.filter(({ kaptCode }) => kaptCode === 'A10027953')
  const readings = await readingsOfFile(`${shared}carbon/energy_A10027953_2020-2021.csv`)
  const { provider } = await start({ complexes, readings, reportedThrough: () => '000000' })
  const sido = complexes[0]?.bjdCode.slice(0, 2) as string
  const sources = await openTestSources({ DATA_GO_KR_URL: provider.url, TANDEM_CARBON_SIDO: sido })
  open.push(sources)
  await runSource(sources.deps, energy, { id: 'r1', scheduledMs: Date.UTC(2022, 0, 15) })
  const records = sources.log.values() as (Energy & { date: string; hwaterCool: number })[]
  const at = (month: string) => records.find(({ date }) => date === month)
  expect(at('202001')).toMatchObject({ helect: 288_120, hwaterCool: 15_321, helectFrom: 'k-apt' })
  expect(at('202112')).toMatchObject({ helectFrom: 'k-apt', hgasFrom: null })
  const [before, after] = [at('202009')?.helect ?? 0, at('202011')?.helect ?? 0]
  expect(at('202010')).toMatchObject({ helect: Math.floor((before + after) / 2), helectFrom: 'estimate' })
})
