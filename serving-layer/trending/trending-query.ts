import type { ViewDefinition } from '../../core/define/view-definition.js'
import { hourOfWeek } from '../../core/time/hour-of-week.js'
import { windowStart } from '../../core/time/window-start.js'
import type { Filter } from '../query/filter.js'
import { ParameterError } from '../query/parameter-error.js'
import { showSize, type Window } from '../query/time-range.js'
import { one, type Parameters, parseFilters, parseGroupBy, parseLimit, refuseUnknown } from '../query/view-query.js'

const HOUR_MS = 3_600_000
const WEEK_MS = 168 * HOUR_MS
/** Width of what counts as current. */
export const CURRENT_MS = 5 * 60_000
/** Earlier weeks looked at. */
export const WEEKS = 4

/** Which groups of a view rise: a ranking by one counted or summed measure. */
export interface TrendingQuery {
  readonly view: ViewDefinition
  readonly measure: string
  readonly groupBy: readonly number[]
  readonly filters: readonly Filter[]
  readonly limit: number
  /** The last five minutes of windows, ending with the running one. */
  readonly current: Window
  /** The same hour of the week, most recent first; an hour that the zone skipped is left out. */
  readonly hours: readonly Window[]
}

/** @throws ParameterError naming the first parameter that cannot be used */
export function parseTrendingQuery(view: ViewDefinition, parameters: Parameters, nowMs: number): TrendingQuery {
  refuseUnknown(parameters, ['measure', 'groupBy', 'filter', 'limit'])
  const finestMs = view.windows[0] as number
  if (CURRENT_MS % finestMs !== 0) {
    throw new ParameterError(
      'view',
      view.name,
      `a view whose finest window divides ${showSize(CURRENT_MS)}; its finest is ${showSize(finestMs)}`,
    )
  }
  const measure = parseMeasure(view, one(parameters, 'measure'))
  const endMs = windowStart(nowMs, finestMs) + finestMs
  return {
    view,
    measure,
    groupBy: parameters.has('groupBy')
      ? parseGroupBy(view, parameters.get('groupBy'))
      : view.dimensions.length > 0
        ? [0]
        : [],
    filters: parseFilters(view, parameters),
    limit: parseLimit(one(parameters, 'limit'), 10, 1_000),
    current: { startMs: endMs - CURRENT_MS, endMs },
    hours: earlierHours(nowMs, view.zone, finestMs),
  }
}

/** The hour of the week that holds `nowMs`, in up to four earlier weeks of the zone. */
export function earlierHours(nowMs: number, zone: string, finestMs: number): readonly Window[] {
  const wanted = hourOfWeek(nowMs, zone)
  const hours: Window[] = []
  for (let week = 1; week <= WEEKS; week++) {
    const likely = nowMs - week * WEEK_MS
    // Where the clocks changed in between, the same wall hour lies an hour earlier or later.
    const inside = [likely, likely + HOUR_MS, likely - HOUR_MS].find((timeMs) => hourOfWeek(timeMs, zone) === wanted)
    if (inside !== undefined) hours.push(hourAround(inside, zone, finestMs))
  }
  return hours
}

/** The zone's hour that holds an instant; hours of zones with offsets of 15 or 30 minutes do not begin on those of UTC. */
function hourAround(timeMs: number, zone: string, finestMs: number): Window {
  const wanted = hourOfWeek(timeMs, zone)
  let startMs = windowStart(timeMs, finestMs)
  while (hourOfWeek(startMs - finestMs, zone) === wanted && startMs - finestMs + HOUR_MS > timeMs) startMs -= finestMs
  return { startMs, endMs: startMs + HOUR_MS }
}

function parseMeasure(view: ViewDefinition, text: string | undefined): string {
  const rankable = view.measures.filter(({ spec }) => spec.kind === 'count' || spec.kind === 'sum')
  const found =
    text === undefined
      ? (rankable.find(({ spec }) => spec.kind === 'count') ?? rankable[0])
      : rankable.find(({ name }) => name === text)
  if (!found) {
    const names = rankable.map(({ name }) => name).join(', ') || 'the view has none'
    throw new ParameterError('measure', text ?? '', `a count or a sum of view "${view.name}" (${names})`)
  }
  return found.name
}
