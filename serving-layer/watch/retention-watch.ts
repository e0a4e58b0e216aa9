import type { Clock } from '../../core/time/clock.js'
import type { LogStore } from '../../stores/log/log-port.js'
import type { Logger } from '../../stores/logger.js'
import { pause } from '../mirror/pause.js'
import type { StreamReader } from '../read/stream-reader.js'

/** How long records of a partition wait to be sealed, beside how long the broker keeps them. */
export interface RetentionState {
  readonly stream: string
  readonly partition: number
  /** Since the start of the first epoch that is not sealed, ms. */
  readonly unsealedMs: number
  /** Null: the topic keeps records for ever, or has not been asked yet. */
  readonly retentionMs: number | null
  /** A third of the retention has passed: sealing has stopped, and what it has not taken will be deleted. */
  readonly alarm: boolean
}

export interface RetentionWatchDeps {
  readonly streams: ReadonlyMap<string, Pick<StreamReader, 'name' | 'epochMs' | 'definition' | 'mirror' | 'watch'>>
  readonly log: Pick<LogStore, 'retentionMs'>
  readonly clock: Clock
  readonly logger: Logger
  /** How often the alarm is looked at, ms. */
  readonly everyMs: number
}

/** How often a topic is asked for its retention, ms: people change it seldom. */
const ASK_EVERY_MS = 600_000

/** Raises the alarm before the broker deletes what is not sealed: in health, in the metrics and in the log. */
export class RetentionWatch {
  readonly #retention = new Map<string, { readonly ms: number | null; readonly askedMs: number }>()
  readonly #told = new Set<string>()

  constructor(readonly deps: RetentionWatchDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh()
      await pause(this.deps.everyMs, signal)
    }
  }

  /** Never rejects: while Kafka is away the last known retention stands. */
  async refresh(): Promise<void> {
    const { streams, log, clock } = this.deps
    const ask = [...streams.values()].map(async ({ name, definition }) => {
      const known = this.#retention.get(name)
      const askedMs = clock.now()
      if (known !== undefined && askedMs - known.askedMs < ASK_EVERY_MS) return
      this.#retention.set(name, { ms: await log.retentionMs(definition.topic), askedMs })
    })
    await Promise.allSettled(ask)
    this.#tell()
  }

  states(): readonly RetentionState[] {
    const nowMs = this.deps.clock.now()
    return [...this.deps.streams.values()].flatMap(({ name, epochMs, mirror, watch }) => {
      const retentionMs = this.#retention.get(name)?.ms ?? null
      const boundary = watch.active?.snapshot.boundary ?? {}
      const partitions = new Set([...mirror.partitions.keys(), ...Object.keys(boundary).map(Number)])
      return [...partitions].flatMap((partition): RetentionState[] => {
        const state = mirror.partitions.get(partition)?.state ?? null
        const sealed = boundary[partition]
        // nothing lies beyond the boundary, as far as hot state has read
        if (sealed !== undefined && state !== null && state.next <= sealed.offset) return []
        const epoch = sealed?.epoch ?? state?.epochs[0]
        if (epoch === undefined) return []
        const unsealedMs = Math.max(0, nowMs - epoch * epochMs)
        const alarm = retentionMs !== null && unsealedMs > retentionMs / 3
        return [{ stream: name, partition, unsealedMs, retentionMs, alarm }]
      })
    })
  }

  /** One sentence per partition that is in danger. */
  troubles(): readonly string[] {
    return this.states()
      .filter(({ alarm }) => alarm)
      .map(describe)
  }

  /** Each alarm once, until it is over. */
  #tell(): void {
    const ringing = new Map(
      this.states()
        .filter(({ alarm }) => alarm)
        .map((state) => [`${state.stream}/${state.partition}`, state]),
    )
    for (const [key, state] of ringing) {
      if (this.#told.has(key)) continue
      this.#told.add(key)
      this.deps.logger.error({ ...state }, describe(state))
    }
    for (const key of [...this.#told]) if (!ringing.has(key)) this.#told.delete(key)
  }
}

function describe({ stream, partition, unsealedMs, retentionMs }: RetentionState): string {
  return (
    `stream "${stream}" partition ${partition} was not sealed for ${hours(unsealedMs)}, and its topic keeps records for ` +
    `${hours(retentionMs ?? 0)} only: see why "tandem seal ${stream}" does not go through, or raise retention.ms`
  )
}

function hours(ms: number): string {
  return `${(ms / 3_600_000).toFixed(1)} h`
}
