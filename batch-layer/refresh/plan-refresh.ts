import type { Catalog } from '../../core/define/compile-catalog.js'
import { zoneOf } from '../../core/time/zone.js'

/** The zone whose Sunday the refresh belongs to. */
export const REFRESH_ZONE = 'Asia/Seoul'
/** What a run covers where nothing narrower is asked for. */
export const ALL_PIPELINES = 'all'

const WEEK_MS = 7 * 86_400_000

/** What one run of the refresh works through; names only. */
export interface RefreshPlan {
  /** Name of the one pipeline, or `all`. */
  readonly pipeline: string
  /** The day of the scheduled time in the schedule's zone, `yyyy-MM-dd`. */
  readonly week: string
  /** The week before the scheduled time, UTC ms: [fromMs, toMs). */
  readonly fromMs: number
  readonly toMs: number
  readonly sources: readonly string[]
  readonly streams: readonly string[]
  /** Collections that are fed by streams; those of sources are loaded with them. */
  readonly collections: readonly string[]
}

/** Thrown for a pipeline that this worker did not load. */
export class UnknownPipelineError extends Error {
  override readonly name = 'UnknownPipelineError'
  constructor(
    readonly pipeline: string,
    known: readonly string[],
  ) {
    super(`there is no pipeline "${pipeline}"; there are ${known.join(', ')}`)
  }
}

/**
 * What a run scheduled for an instant works through, in the order of definition. The interval is a function of that
 * instant alone, so a run that is late, or repeated, covers the same week.
 *
 * @param pipeline only this one; null: all of them
 * @throws UnknownPipelineError
 */
export function planRefresh(catalog: Catalog, pipeline: string | null, scheduledMs: number): RefreshPlan {
  const pipelines = pipeline === null ? catalog.pipelines : catalog.pipelines.filter(({ name }) => name === pipeline)
  if (pipeline !== null && pipelines.length === 0) {
    throw new UnknownPipelineError(
      pipeline,
      catalog.pipelines.map(({ name }) => name),
    )
  }
  return {
    pipeline: pipeline ?? ALL_PIPELINES,
    week: dayText(scheduledMs),
    fromMs: scheduledMs - WEEK_MS,
    toMs: scheduledMs,
    sources: pipelines.flatMap(({ sources }) => sources.map(({ name }) => name)),
    streams: pipelines.flatMap(({ streams }) => streams.map(({ name }) => name)),
    collections: pipelines.flatMap(({ collections }) =>
      collections.filter(({ feed }) => feed !== null).map(({ name }) => name),
    ),
  }
}

function dayText(timeMs: number): string {
  return new Date(timeMs + zoneOf(REFRESH_ZONE).offsetAt(timeMs)).toISOString().slice(0, 10)
}
