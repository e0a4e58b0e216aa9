import { coldResolution } from './cold-resolution.js'
import type { ViewDefinition } from './view-definition.js'
import { parseWindow } from './window.js'

/** How long windows of one size are kept apart: late records of older windows are folded into coarser ones. */
export interface RetainedWindow {
  readonly sizeMs: number
  /** Since the window's end, ms. */
  readonly keepMs: number
}

const DAY_MS = 86_400_000
const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: DAY_MS }

/**
 * `{ '1m': '7d', '5m': '90d' }` as sizes and durations, the finest first.
 * @throws Error naming `where` and what does not fit
 */
export function parseRetention(
  where: string,
  given: Readonly<Record<string, string>>,
  view: Pick<ViewDefinition, 'windows' | 'zone'>,
): readonly RetainedWindow[] {
  const retained = Object.entries(given)
    .map(([size, keep]) => ({ sizeMs: parseWindow(`${where}: retention`, size), keepMs: parseKeep(where, size, keep) }))
    .sort((a, b) => a.sizeMs - b.sizeMs)
  if (retained[0]?.sizeMs !== view.windows[0]) throw new Error(`${where}: retention must name the finest window`)
  const lastMs = coldResolution(view)
  for (const [i, { sizeMs, keepMs }] of retained.entries()) {
    const next = retained[i + 1]
    if (!view.windows.includes(sizeMs))
      throw new Error(`${where}: retention names ${sizeMs} ms, which is no window of it`)
    if (sizeMs >= lastMs)
      throw new Error(`${where}: retention names ${sizeMs} ms, but windows of ${lastMs} ms and more are kept for ever`)
    if ((next?.sizeMs ?? lastMs) % sizeMs !== 0)
      throw new Error(`${where}: retention of ${sizeMs} ms must divide the next coarser, ${next?.sizeMs ?? lastMs} ms`)
    if (next !== undefined && next.keepMs <= keepMs)
      throw new Error(`${where}: retention must keep coarser windows longer than finer ones`)
  }
  return retained
}

/**
 * Size of the windows that a record is folded into: the finest that still retains its window at the start of its epoch. A
 * function of epoch and event time alone, so both layers agree.
 *
 * @param view one with `retention`
 * @returns ms
 */
export function foldResolution(
  view: Pick<ViewDefinition, 'windows' | 'zone' | 'retention'>,
  eventTimeMs: number,
  epochStartMs: number,
): number {
  for (const { sizeMs, keepMs } of view.retention ?? [])
    if (Math.floor(eventTimeMs / sizeMs) * sizeMs + sizeMs + keepMs > epochStartMs) return sizeMs
  return view.retention === undefined ? (view.windows[0] as number) : coldResolution(view)
}

function parseKeep(where: string, size: string, text: string): number {
  const match = /^([1-9]\d{0,4})([hd])$/.exec(text)
  const keepMs = match === null ? 0 : Number(match[1]) * (UNIT_MS[match[2] as string] as number)
  // answers look at whole days, and those of the running one are to be as fine as any
  if (keepMs < DAY_MS)
    throw new Error(`${where}: retention of ${size} is "${text}", expected a day or more such as 36h or 7d`)
  return keepMs
}
