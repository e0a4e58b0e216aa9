import type { DayTier } from '../merge/day-index.js'
import { utcDay } from '../merge/utc-days.js'
import { ParameterError } from './parameter-error.js'
import { showSize, type Window, type WindowSize, windowsOf } from './time-range.js'
import { MAX_ROWS, type ViewQuery } from './view-query.js'

/** Where the cells of a range lie, per UTC day that has any. */
export type TiersOfDays = ReadonlyMap<number, readonly DayTier[]>

/** Thrown where a window begins or ends inside a stored cell, which cannot be told apart. Names the finest possible. */
export class TooFineError extends ParameterError {
  constructor(
    { size, windows }: Pick<ViewQuery, 'size' | 'windows'>,
    readonly tiers: TiersOfDays,
    /** An instant that lies inside a cell. */
    readonly atMs: number,
    /** The finest windows that the whole range can be answered in, ms. */
    readonly finestMs: number,
  ) {
    const day = new Date(atMs).toISOString().slice(0, 10)
    super(
      'window',
      nameOf(size, windows),
      `windows made of those that are held, which of ${day} (UTC) take ${showSize(finestMs)} each; the finest possible is ${showSize(finestMs)}`,
    )
  }
}

/** Coarsest of the cells that an instant may lie inside, ms. A cell never reaches over midnight UTC. */
export function resolutionAt(tiers: TiersOfDays, timeMs: number, finestMs: number): number {
  return Math.max(finestMs, ...(tiers.get(utcDay(timeMs)) ?? []).map(({ resolutionMs }) => resolutionMs))
}

/** Coarsest of all cells, ms. */
export function coarsestOf(tiers: TiersOfDays, finestMs: number): number {
  let coarsest = finestMs
  for (const ofDay of tiers.values()) for (const { resolutionMs } of ofDay) coarsest = Math.max(coarsest, resolutionMs)
  return coarsest
}

/** @throws TooFineError where a window's bound lies inside a stored cell */
export function refuseTooFine(query: Pick<ViewQuery, 'size' | 'windows'>, tiers: TiersOfDays, finestMs: number): void {
  const coarsestMs = coarsestOf(tiers, finestMs)
  if (coarsestMs === finestMs) return
  for (const window of query.windows)
    for (const bound of [window.startMs, window.endMs])
      if (bound % resolutionAt(tiers, bound, finestMs) !== 0) throw new TooFineError(query, tiers, bound, coarsestMs)
}

/**
 * The same question as far as it can be answered, where nobody insisted on fine windows: without `window` the finest
 * possible; with `all`, bounds moved outward. Null where a window was asked for.
 */
export function coarsened(query: ViewQuery, { tiers, finestMs }: TooFineError): ViewQuery | null {
  const { size, implied, asked, zone } = query
  if (size.kind === 'all') {
    const { startMs, endMs } = query.windows[0] as Window
    const from = resolutionAt(tiers, startMs, 1)
    const to = resolutionAt(tiers, endMs, 1)
    return {
      ...query,
      windows: [{ startMs: Math.floor(startMs / from) * from, endMs: Math.ceil(endMs / to) * to }],
    }
  }
  if (!implied) return null
  const coarser: WindowSize = { kind: 'fixed', sizeMs: finestMs }
  return { ...query, size: coarser, windows: windowsOf(coarser, asked, finestMs, zone, MAX_ROWS) }
}

function nameOf(size: WindowSize, windows: readonly Window[]): string {
  if (size.kind === 'fixed') return showSize(size.sizeMs)
  return size.kind === 'day' || windows.length > 1 ? '1d' : 'all'
}
