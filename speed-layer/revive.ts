import { markOfGeneration, releasesMark } from '../core/seam/index.js'
import type { HotStore } from '../stores/hot/index.js'
import type { Logger } from '../stores/logger.js'
import type { ReleaseStore } from '../stores/warm/index.js'
import { nameOf } from './health.js'
import type { PartitionStatus } from './partition-status.js'
import type { StreamPlan } from './stream-plan.js'

export interface ReviveDeps {
  readonly hot: Pick<HotStore, 'state'>
  readonly releases: Pick<ReleaseStore, 'of'>
  readonly planOf: (stream: string) => StreamPlan
  /** Takes the partition once more and reads on where it says. */
  readonly restart: (stream: string, partition: number) => Promise<void>
  readonly logger: Logger
}

/** Starts halted partitions again once a person has released what they were halted by. */
export class Revival {
  readonly #underWay = new Set<string>()

  constructor(private readonly deps: ReviveDeps) {}

  /** Never rejects; a restart goes on by itself. */
  async check(statuses: readonly PartitionStatus[]): Promise<void> {
    for (const status of statuses) {
      if (status.condition.kind !== 'halted' || this.#underWay.has(nameOf(status))) continue
      this.#underWay.add(nameOf(status))
      this.#revive(status)
        .catch((error: unknown) =>
          this.deps.logger.warn({ ...where(status), error }, 'a halted partition stays halted'),
        )
        .finally(() => this.#underWay.delete(nameOf(status)))
    }
  }

  /** Hot state tells under which releases the partition was read when it halted: with others it may go on. */
  async #revive(status: PartitionStatus): Promise<void> {
    const { hot, releases, planOf, restart, logger } = this.deps
    const { stream, partition } = status
    const mark = releasesMark(await releases.of(stream), partition)
    if (mark === '') return
    const state = await hot.state(planOf(stream).keyspace, partition)
    if (state !== null && markOfGeneration(state.generation) === mark) return
    logger.info(where(status), 'the partition is released, it is read again')
    await restart(stream, partition)
  }
}

function where({ stream, partition }: PartitionStatus): { readonly stream: string; readonly partition: number } {
  return { stream, partition }
}
