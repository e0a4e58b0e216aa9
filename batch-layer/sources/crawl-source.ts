import { type SourceDefinition, SourceError } from '../../core/define/source-definition.js'
import type { LandingWriter } from '../../stores/landing/landing-port.js'
import type { OpenCrawl, SourceState } from '../../stores/warm/source-states.js'
import { DayQuota, nextDayMs } from './day-quota.js'
import type { SourceDeps, SourceRunOptions } from './source-deps.js'
import { openSourceIo, settingsOf } from './source-io.js'
import type { SourceProblem } from './source-report.js'

/** How a crawl ended: a reference to its landing, and what the report will say. */
export interface CrawlResult {
  /** Run whose landing it is: an earlier one's where that was not done. */
  readonly landing: string
  readonly scheduledMs: number
  readonly landed: number
  readonly errors: readonly SourceProblem[]
  /** Pages that the crawl went on without. */
  readonly skipped: number
  /** `whole`: the crawl came to its end; `some`: worth loading into a stream; `none`: nothing is to be loaded. */
  readonly pages: 'whole' | 'some' | 'none'
  readonly resumesAt?: number
}

const DAY_MS = 86_400_000
/** A crawl that was not done is gone on with by runs scheduled so much later: longer where a quota makes it slow. */
const GO_ON = { withinMs: 2 * DAY_MS, afterQuotaMs: 8 * DAY_MS } as const
const ERRORS_SHOWN = 20

/**
 * Fetches what the run wants and lands it. Pages that an interrupted attempt, or a run ended by a quota, has landed are
 * not fetched again.
 *
 * @throws where the run is stopped or one of our own engines is away
 */
export async function crawlSource(
  deps: SourceDeps,
  source: SourceDefinition,
  run: SourceRunOptions,
): Promise<CrawlResult> {
  const state = await deps.states.state(source.name)
  const done = state.good.find((good) => good.run === run.id)
  if (done !== undefined) {
    const landing = await deps.landing.open(source.name, done.landing)
    const landed = landing?.entries.size ?? 0
    return { landing: done.landing, scheduledMs: done.scheduledMs, landed, errors: [], skipped: 0, pages: 'whole' }
  }
  const { id, scheduledMs } = run
  const open = goesOn(state.open, run)
    ? state.open
    : { run: id, scheduledMs, goOnUntilMs: scheduledMs + GO_ON.withinMs, cursor: null }
  if (open !== state.open) await deps.states.putState({ ...state, open })
  const writer = await deps.landing.openWriter(source.name, open.run)
  try {
    return await crawl(deps, source, run, { ...state, open }, writer)
  } finally {
    await writer.close()
  }
}

function goesOn(open: OpenCrawl | null, run: SourceRunOptions): open is OpenCrawl {
  if (open === null) return false
  return open.run === run.id || (run.scheduledMs >= open.scheduledMs && run.scheduledMs <= open.goOnUntilMs)
}

async function crawl(
  deps: SourceDeps,
  source: SourceDefinition,
  { signal, progress }: SourceRunOptions,
  state: SourceState & { readonly open: OpenCrawl },
  writer: LandingWriter,
): Promise<CrawlResult> {
  const { open } = state
  const last = state.good[0]
  const quota = openQuota(deps, source)
  const problems: SourceProblem[] = []
  let skipped = 0
  let trouble: unknown
  const pages = openSourceIo(deps, {
    source,
    landing: writer,
    previous: last === undefined ? null : await deps.landing.open(source.name, last.landing),
    spend: quota.spend,
    onLanded: () => progress?.({ source: source.name, landed: writer.entries.size }),
    onSkip: (error) => {
      if (skipped++ < ERRORS_SHOWN) problems.push(problemOf(error))
    },
    onTrouble: (error) => {
      trouble ??= error
    },
    signal,
  })
  const result = (extent: CrawlResult['pages']): CrawlResult => ({
    landing: open.run,
    scheduledMs: open.scheduledMs,
    landed: writer.entries.size,
    errors:
      skipped > ERRORS_SHOWN
        ? [...problems, { kind: 'failed', message: `${skipped - ERRORS_SHOWN} more pages were skipped`, example: null }]
        : problems,
    skipped,
    pages: extent,
  })
  try {
    const cursor = await source.crawl(pages.io, { scheduledMs: open.scheduledMs, cursor: state.cursor })
    await pages.close()
    await writer.finish()
    await deps.states.putState({ ...state, open: { ...open, cursor: cursor === undefined ? state.cursor : cursor } })
    return result('whole')
  } catch (error) {
    await pages.close()
    signal?.throwIfAborted()
    if (trouble !== undefined) throw trouble
    problems.push(problemOf(error))
    if (error instanceof SourceError && error.kind === 'quota') {
      const goOnUntilMs = open.scheduledMs + GO_ON.afterQuotaMs
      await deps.states.putState({ ...state, open: { ...open, goOnUntilMs } })
      return { ...result('some'), resumesAt: nextDayMs(deps.clock.now(), source.limits.zone) }
    }
    deps.logger.warn({ source: source.name, run: open.run, error }, 'a crawl failed')
    // What a changed or missing page is worth is not known: the next run begins anew. The landing stays to be looked at.
    if (!(error instanceof SourceError) || error.kind === 'shape' || error.kind === 'refused')
      await deps.states.putState({ ...state, open: null })
    return result('none')
  } finally {
    await quota.close()
  }
}

function openQuota(deps: SourceDeps, source: SourceDefinition) {
  const { name, limits } = source
  const given = settingsOf(source, deps.env)['requestsPerDay']
  if (given !== undefined && !/^\d{1,12}$/.test(given))
    throw new Error(`source "${name}": the setting requestsPerDay must be a whole number, got "${given}"`)
  const perDay = given === undefined ? limits.requestsPerDay : Number(given)
  if (perDay === null) return { spend: async () => undefined, close: async () => undefined }
  const quota = new DayQuota(deps.states, {
    source: name,
    perDay,
    zone: limits.zone,
    now: () => deps.clock.now(),
  })
  return { spend: () => quota.spend(), close: () => quota.close() }
}

export function problemOf(error: unknown): SourceProblem {
  if (error instanceof SourceError) return { kind: error.kind, message: error.message, example: error.example }
  return { kind: 'failed', message: error instanceof Error ? error.message : String(error), example: null }
}
