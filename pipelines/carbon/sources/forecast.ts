import { defineSource, type SourceItem } from 'tandem'
import { forecastDays } from '../collections.js'
import { answerOf, fieldNumber, fieldText, itemsOf } from '../provider/answer.js'
import { ask, LIMITS, namesOf, SETTINGS } from '../provider/requests.js'

const SEOUL_MS = 9 * 3_600_000
const HOUR_MS = 3_600_000
/** Daegu on the forecast's grid. */
const GRID = { nx: '89', ny: '90' } as const

/** The days ahead at Daegu, as today's use is estimated by. */
export const forecastSource = defineSource({
  name: 'forecast',
  description: 'temperature, humidity and wind of the days ahead at Daegu (data.go.kr)',
  into: forecastDays,
  settings: SETTINGS,
  limits: LIMITS,
  async crawl(io, run) {
    const { date, time } = forecastBase(run.scheduledMs)
    const parameters = { pageNo: '1', numOfRows: '1000', dataType: 'JSON', base_date: date, base_time: time, ...GRID }
    await ask(io, 'forecast', [`${date}${time}`], parameters)
  },
  read(page): readonly SourceItem[] {
    const [base] = namesOf(page) as [string]
    const body = answerOf(page)
    const days = new Map<string, Map<string, number[]>>()
    for (const item of body === null ? [] : itemsOf(page, body)) {
      const category = fieldText(page, item, 'category')
      if (!['TMN', 'TMX', 'REH', 'WSD'].includes(category)) continue
      const day = fieldText(page, item, 'fcstDate')
      const values = days.get(day) ?? new Map<string, number[]>()
      days.set(day, values)
      values.set(category, [...(values.get(category) ?? []), fieldNumber(page, item, 'fcstValue')])
    }
    return [...days].flatMap(([day, values]) => {
      const [min, max, humidity, wind] = ['TMN', 'TMX', 'REH', 'WSD'].map((of) => mean(values.get(of)))
      // the first and the last day are in part only
      if (min == null || max == null || humidity == null || wind == null) return []
      const meanTemperature = round((min + max) / 2)
      return [
        {
          id: day,
          value: { day, base, meanTemperature, maxTemperature: max, minTemperature: min, humidity, wind },
        },
      ]
    })
  },
})

/** The last forecast that has the day's extremes: 05:00 from 06:00 on, before that 23:00 of the day before. */
export function forecastBase(atMs: number): { readonly date: string; readonly time: string } {
  const local = atMs + SEOUL_MS
  const hour = new Date(local).getUTCHours()
  const day = hour >= 6 ? local : local - 24 * HOUR_MS
  return { date: new Date(day).toISOString().slice(0, 10).replaceAll('-', ''), time: hour >= 6 ? '0500' : '2300' }
}

function mean(values: readonly number[] | undefined): number | null {
  if (values === undefined || values.length === 0) return null
  return round(values.reduce((sum, value) => sum + value, 0) / values.length)
}

const round = (value: number): number => Math.round(value * 10) / 10
