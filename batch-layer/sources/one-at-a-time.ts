import type { SourceDeps, SourceRunOptions } from './source-deps.js'

/** Of a run that was killed the next one knows when its time is over. */
const HOLD = { forMs: 60_000, renewMs: 15_000, askAgainMs: 1_000 } as const

/**
 * Does a run's work on a source while no other run works on it: what it landed, sent and remembers belongs to one run at a
 * time. Waits for a run that was there before; the same run, repeated, goes on at once.
 *
 * @throws where the run is stopped, also because another one took over from it while it stood still
 */
export async function oneAtATime<T>(
  { states, clock, pause, logger }: Pick<SourceDeps, 'states' | 'clock' | 'pause' | 'logger'>,
  source: string,
  run: SourceRunOptions,
  work: (run: SourceRunOptions) => Promise<T>,
): Promise<T> {
  const hold = () => {
    const nowMs = clock.now()
    return states.hold(source, run.id, { nowMs, untilMs: nowMs + HOLD.forMs })
  }
  for (let holder = await hold(); holder !== run.id; holder = await hold()) {
    run.progress?.({ source, waitsFor: holder })
    await pause(HOLD.askAgainMs, run.signal)
  }
  const lost = new AbortController()
  const renew = async (): Promise<void> => {
    const holder = await hold()
    if (holder !== run.id) lost.abort(new Error(`source "${source}": run ${holder} took over from run ${run.id}`))
  }
  // an engine that is away now is asked again: until then nobody else can have taken over
  const unasked = (error: unknown): void => logger.warn({ source, run: run.id, error }, 'a hold was not prolonged')
  let asked: Promise<void> = Promise.resolve()
  const renewing = setInterval(() => {
    asked = renew().catch(unasked)
  }, HOLD.renewMs)
  try {
    const signal = run.signal === undefined ? lost.signal : AbortSignal.any([run.signal, lost.signal])
    return await work({ ...run, signal })
  } finally {
    clearInterval(renewing)
    await asked
    await states.release(source, run.id).catch(unasked)
  }
}
