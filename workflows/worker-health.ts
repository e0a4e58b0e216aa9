import type { Clock } from '../core/time/clock.js'
import type { HotStore } from '../stores/hot/hot-port.js'
import type { Logger } from '../stores/logger.js'
import type { SealSummary } from './workflow/activity-contract.js'

const REPORT_EVERY_MS = 5_000
/** Three reports may be lost before the worker counts as gone. */
const REPORT_TTL_MS = 20_000

export interface WorkerHealth {
  /** A stream's seal ended well; forgets its failure. */
  sealed(summary: SealSummary): void
  /** A stream could not be sealed: shown until it is. A lost range says which offsets. */
  failed(stream: string, error: unknown): void
  /** Stops reporting; what was said last expires by itself. */
  stop(): void
}

/** Says every few seconds that the worker is there, with each stream's last seal: epoch, duration, parity, snapshot. */
export function reportWorkerHealth(deps: {
  readonly hot: HotStore
  readonly clock: Clock
  readonly logger: Logger
  readonly instance: string
}): WorkerHealth {
  const seals = new Map<string, SealSummary & { readonly atMs: number }>()
  const failures = new Map<string, { readonly error: string; readonly message: string; readonly atMs: number }>()
  let failing = false
  const report = async (): Promise<void> => {
    try {
      const detail = {
        seals: Object.fromEntries(seals),
        failures: Object.fromEntries(failures),
        rssBytes: process.memoryUsage.rss(),
      }
      await deps.hot.reportHealth(
        { layer: 'worker', instance: deps.instance, atMs: deps.clock.now(), ready: true, detail },
        REPORT_TTL_MS,
      )
      failing = false
    } catch (error) {
      // Redis is down: sealing goes on without it, and the next report says so by coming back
      if (!failing) deps.logger.warn({ error }, 'health could not be reported')
      failing = true
    }
  }
  void report()
  const timer = setInterval(() => void report(), REPORT_EVERY_MS)
  return {
    sealed(summary) {
      seals.set(summary.stream, { ...summary, atMs: deps.clock.now() })
      failures.delete(summary.stream)
      void report()
    },
    failed(stream, error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error))
      failures.set(stream, { error: name, message, atMs: deps.clock.now() })
      deps.logger.error({ stream, error }, 'a stream could not be sealed')
      void report()
    },
    stop: () => clearInterval(timer),
  }
}
