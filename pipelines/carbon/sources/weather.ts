import { defineSource, type SourceItem, type SourcePage } from 'tandem'
import { weatherMonths } from '../collections.js'
import { addMonths, askedMonths, monthsBetween } from '../months.js'
import { answerOf, fieldNumber, fieldText, itemsOf, shape } from '../provider/answer.js'
import { ask, LIMITS, namesOf, SETTINGS } from '../provider/requests.js'

/** The list begins with other stations: the one that is meant is looked for by its name. */
const STATION = '대구'

type Part = { readonly month: string; readonly station?: string } & Readonly<Record<string, string | number>>

/** Weather of past months at Daegu's station, which use follows. */
export const weatherSource = defineSource({
  name: 'weather',
  description: 'monthly temperature, humidity and wind at the station of Daegu (data.go.kr)',
  into: weatherMonths,
  settings: SETTINGS,
  limits: LIMITS,
  async crawl(io, run) {
    const { first, last } = askedMonths(run.scheduledMs)
    const settled = addMonths(last, -1)
    await Promise.all(
      monthsBetween(first, last).flatMap((month) =>
        (['weather', 'wind'] as const).map((call) =>
          ask(
            io,
            call,
            [month],
            {
              pageNo: '1',
              numOfRows: '200',
              year: month.slice(0, 4),
              month: month.slice(4),
              dataType: 'XML',
            },
            (page) => month <= settled && read(page).length > 0,
          ),
        ),
      ),
    )
  },
  read,
  /** Both calls of a month make one document. */
  clean(items) {
    const months = new Map<string, Part>()
    for (const { value } of items) {
      const part = value as Part
      months.set(part.month, { ...months.get(part.month), ...part })
    }
    return [...months.values()]
      .filter((part) => part['meanTemperature'] !== undefined && part['wind'] !== undefined)
      .map((value) => ({ id: value.month, value }))
  },
})

function read(page: SourcePage): readonly SourceItem[] {
  const [month] = namesOf(page) as [string]
  const body = answerOf(page)
  if (body === null) return []
  const items = itemsOf(page, body)
  const item = items.find((one) => fieldText(page, one, 'stnko') === STATION)
  if (item === undefined) throw shape(page, `the station "${STATION}" is not among ${items.length}`, items[0])
  const value: Part =
    page.kind === 'wind'
      ? { month, wind: fieldNumber(page, item, 'ws') }
      : {
          month,
          station: STATION,
          meanTemperature: fieldNumber(page, item, 'taavg'),
          maxTemperature: fieldNumber(page, item, 'tamax'),
          minTemperature: fieldNumber(page, item, 'tamin'),
          humidity: fieldNumber(page, item, 'avghm'),
        }
  return [{ id: page.url, value }]
}
