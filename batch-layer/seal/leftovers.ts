import type { Clock } from '../../core/time/clock.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { Logger } from '../../stores/logger.js'

/** Looking through a stream's folders costs a call per epoch: not more often than this, ms. */
const EVERY_MS = 3_600_000
/** No attempt writes that long, ms: what is older and named by no manifest belongs to one that was killed. */
const OLDER_THAN_MS = 24 * 3_600_000

/** Removes the part files of attempts that were killed, now and then. */
export class Leftovers {
  readonly #sweptMs = new Map<string, number>()

  constructor(private readonly deps: { readonly lake: LakeStore; readonly clock: Clock; readonly logger: Logger }) {}

  async sweep(stream: string): Promise<void> {
    const { lake, clock, logger } = this.deps
    const nowMs = clock.now()
    const before = this.#sweptMs.get(stream)
    if (before !== undefined && nowMs - before < EVERY_MS) return
    this.#sweptMs.set(stream, nowMs)
    const removed = await lake.sweep(stream, nowMs, OLDER_THAN_MS)
    if (removed > 0) logger.info({ stream, removed }, 'part files that no manifest names were removed')
  }
}
