import { dayBounds } from '../../core/time/day-start.js'
import { windowStart } from '../../core/time/window-start.js'
import { zoneOf } from '../../core/time/zone.js'
import { ParameterError } from './parameter-error.js'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}
/** Longest range of one answer. */
const MAX_SPAN_MS = 3_660 * 86_400_000

const INSTANT =
  'an ISO 8601 instant, a day such as 2024-05-01, UTC milliseconds, "now", or a time before now such as -1h'

/** How an answer is divided in event time. */
export type WindowSize =
  | { readonly kind: 'fixed'; readonly sizeMs: number }
  | { readonly kind: 'day' }
  | { readonly kind: 'all' }

/** [startMs, endMs) of event time. */
export interface Window {
  readonly startMs: number
  readonly endMs: number
}

/** Instant that a parameter names, UTC ms. A time without offset, and a day's beginning, are local times of `zone`. */
export function parseInstant(parameter: string, text: string, nowMs: number, zone: string): number {
  const relative = /^(?:now)?(?:([+-])(\d{1,9})(ms|s|m|h|d|w))?$/.exec(text)
  if (relative && text !== '') {
    const distance = relative[1] ? Number(relative[2]) * (UNITS[relative[3] as string] as number) : 0
    return relative[1] === '-' ? nowMs - distance : nowMs + distance
  }
  if (/^-?\d{1,16}$/.test(text)) return Number(text)
  const iso = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text)
  if (iso) {
    const [, day, time = '00:00', offset] = iso
    const timeMs = Date.parse(`${day}T${time}${offset ?? 'Z'}`)
    if (!Number.isNaN(timeMs)) return offset ? timeMs : zoneOf(zone).instantOfWall(timeMs)
  }
  throw new ParameterError(parameter, text, INSTANT)
}

/** `1m`, `90s`, `2h` …, `1d` (a day of the zone) or `all` (one window). @throws naming the finest possible */
export function parseWindowSize(text: string, finestMs: number): WindowSize {
  const expected = `a whole multiple of the view's finest window (${showSize(finestMs)}), "1d" or "all"; the finest possible is ${showSize(finestMs)}`
  if (text === 'all') return { kind: 'all' }
  if (text === '1d') return { kind: 'day' }
  const match = /^([1-9]\d{0,8})(ms|s|m|h)$/.exec(text)
  const sizeMs = match ? Number(match[1]) * (UNITS[match[2] as string] as number) : 0
  if (sizeMs === 0 || sizeMs % finestMs !== 0) throw new ParameterError('window', text, expected)
  return { kind: 'fixed', sizeMs }
}

/** The range moved outward to window bounds, and its windows in order. */
export function windowsOf(
  size: WindowSize,
  range: { readonly fromMs: number; readonly toMs: number },
  finestMs: number,
  zone: string,
  maxWindows: number,
): readonly Window[] {
  const { fromMs, toMs } = range
  if (!(fromMs < toMs))
    throw new ParameterError(
      'from',
      new Date(fromMs).toISOString(),
      `an instant before "to" (${new Date(toMs).toISOString()})`,
    )
  if (toMs - fromMs > MAX_SPAN_MS)
    throw new ParameterError('from', new Date(fromMs).toISOString(), 'an instant at most 3,660 days before "to"')
  if (size.kind === 'all') return [{ startMs: windowStart(fromMs, finestMs), endMs: ceiling(toMs, finestMs) }]
  if (size.kind === 'day') return daysOf(fromMs, toMs, finestMs, zone)
  const startMs = windowStart(fromMs, size.sizeMs)
  const count = (ceiling(toMs, size.sizeMs) - startMs) / size.sizeMs
  if (count > maxWindows) {
    throw new ParameterError(
      'window',
      showSize(size.sizeMs),
      `at most ${maxWindows} windows between "from" and "to"; this makes ${count}`,
    )
  }
  return Array.from({ length: count }, (_, i) => ({
    startMs: startMs + i * size.sizeMs,
    endMs: startMs + (i + 1) * size.sizeMs,
  }))
}

/** A size as a parameter would give it: `5m`, `1h`, `90s`. */
export function showSize(sizeMs: number): string {
  for (const unit of ['h', 'm', 's']) {
    const unitMs = UNITS[unit] as number
    if (sizeMs % unitMs === 0) return `${sizeMs / unitMs}${unit}`
  }
  return `${sizeMs}ms`
}

function daysOf(fromMs: number, toMs: number, finestMs: number, zone: string): readonly Window[] {
  const days: Window[] = []
  for (let atMs = fromMs; atMs < toMs; ) {
    const { startMs, endMs } = dayBounds(atMs, zone)
    // A day that begins inside a stored cell cannot be told apart from its neighbour.
    if (startMs % finestMs !== 0 || endMs % finestMs !== 0) {
      throw new ParameterError(
        'window',
        '1d',
        `days made of whole windows of ${showSize(finestMs)}, which those of ${zone} are not; the finest possible is ${showSize(finestMs)}`,
      )
    }
    days.push({ startMs, endMs })
    atMs = endMs
  }
  return days
}

function ceiling(timeMs: number, sizeMs: number): number {
  return -windowStart(-timeMs, sizeMs)
}
