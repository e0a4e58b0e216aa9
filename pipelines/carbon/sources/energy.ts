import { defineSource, type SourceIo, type SourceItem } from 'tandem'
import { COEFFICIENTS } from '../coefficients.js'
import { addMonths, askedMonths, monthsBetween } from '../months.js'
import { type ComplexBasis, crawlBasis, crawlComplexes, readBasis } from '../provider/complex-list.js'
import { lotNumberOf } from '../provider/lot-number.js'
import { ask, LIMITS, SETTINGS } from '../provider/requests.js'
import { energy } from '../streams.js'
import { type BuildingReading, type KaptReading, readBuilding, readKapt } from './energy-readings.js'
import { type EnergyRecord, LATE_MONTHS, resolveUse } from './resolve-use.js'

/** Complexes asked about at once; the rate per second is the provider's. */
const AT_ONCE = 8
/** A month that was reported is asked for again for so long, as corrections come. */
const SETTLED_MONTHS = 3

type Part =
  | KaptReading
  | BuildingReading
  | ({ readonly part: 'basis' } & ComplexBasis)
  | { readonly part: 'asked'; readonly kaptCode: string; readonly month: string }

/** Monthly use of every complex, from January two years ago. */
export const energySource = defineSource({
  name: 'energy',
  description:
    'monthly electricity, gas and water of complexes, with building energy where K-apt has none (data.go.kr)',
  into: energy,
  settings: SETTINGS,
  limits: LIMITS,
  async crawl(io, run) {
    const complexes = await crawlComplexes(io)
    for (let i = 0; i < complexes.length; i += AT_ONCE) {
      const some = complexes.slice(i, i + AT_ONCE)
      await Promise.all(some.map(({ kaptCode }) => crawlComplex(io, kaptCode, run.scheduledMs)))
    }
  },
  read(page): readonly SourceItem[] {
    if (page.kind === 'list') return []
    if (page.kind === 'basis') {
      const basis = readBasis(page)
      return basis === null ? [] : [{ id: page.url, value: { part: 'basis', ...basis } satisfies Part }]
    }
    const reading = page.kind === 'energy' ? readKapt(page) : readBuilding(page)
    if (reading !== null) return [{ id: page.url, value: reading satisfies Part }]
    // asked and not reported: it says which months the run covers
    const [kaptCode, month] = page.url.split('/').slice(1) as [string, string]
    return [{ id: page.url, value: { part: 'asked', kaptCode, month } satisfies Part }]
  },
  clean: (items) => byComplex(items).flatMap(recordsOf),
  revise: (before, after) => [{ ...(before as EnergyRecord), sign: -1 }, after],
})

async function crawlComplex(io: SourceIo, kaptCode: string, scheduledMs: number): Promise<void> {
  const { first, last } = askedMonths(scheduledMs)
  const basis = readBasis(await crawlBasis(io, kaptCode, scheduledMs))
  const settled = addMonths(last, -SETTLED_MONTHS)
  const late = addMonths(last, -LATE_MONTHS)
  const readings = await Promise.all(
    monthsBetween(first, last).map(async (month) => {
      const page = await ask(
        io,
        'energy',
        [kaptCode, month],
        { kaptCode, reqDate: month },
        (before) => month <= settled && readKapt(before) !== null,
      )
      return { month, reading: readKapt(page) }
    }),
  )
  const lot = basis === null ? null : lotNumberOf(basis.bjdJuso)
  if (basis === null || lot === null) return
  const heated = readings.some(({ reading }) => reading?.districtHeated)
  const wanted = readings
    .filter(({ month }) => month <= late)
    .flatMap(({ month, reading }) => [
      ...(reading?.helect ? [] : [{ call: 'building-electricity' as const, month }]),
      ...(reading?.hgas || (reading !== null && heated) ? [] : [{ call: 'building-gas' as const, month }]),
    ])
  await Promise.all(
    wanted.map(({ call, month }) =>
      ask(
        io,
        call,
        [kaptCode, month],
        { sigunguCd: basis.bjdCode.slice(0, 5), bjdongCd: basis.bjdCode.slice(5), ...lot, useYm: month },
        (before) => month <= settled && readBuilding(before) !== null,
      ),
    ),
  )
}

interface Group {
  readonly kaptCode: string
  readonly parts: Part[]
}

function byComplex(items: readonly SourceItem[]): readonly Group[] {
  const groups = new Map<string, Group>()
  for (const { value } of items) {
    const part = value as Part
    const group = groups.get(part.kaptCode)
    if (group === undefined) groups.set(part.kaptCode, { kaptCode: part.kaptCode, parts: [part] })
    else group.parts.push(part)
  }
  return [...groups.values()]
}

function recordsOf({ kaptCode, parts }: Group): readonly SourceItem[] {
  const kapt = new Map<string, KaptReading>()
  const electricity = new Map<string, BuildingReading>()
  const gas = new Map<string, BuildingReading>()
  const months: string[] = []
  let sigungu: string | null = null
  for (const part of parts) {
    if (part.part === 'basis') {
      sigungu = part.bjdCode.slice(0, 5)
      continue
    }
    months.push(part.month)
    if (part.part === 'k-apt') kapt.set(part.month, part)
    else if (part.part === 'building') (part.energy === 'gas' ? gas : electricity).set(part.month, part)
  }
  if (months.length === 0) return []
  months.sort()
  const span = { first: months[0] as string, last: months.at(-1) as string }
  return resolveUse({ kaptCode, sigungu, kapt, electricity, gas }, span, COEFFICIENTS.complex).map((value) => ({
    id: value.id,
    value,
  }))
}
