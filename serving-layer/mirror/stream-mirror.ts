import type { Clock } from '../../core/time/clock.js'
import type { HotStore, Keyspace } from '../../stores/hot/hot-port.js'
import type { Logger } from '../../stores/logger.js'
import type { ViewCells } from '../merge/view-cells.js'
import { PartitionMirror } from './partition-mirror.js'
import { pause } from './pause.js'
import { within } from './within.js'

export interface StreamMirrorDeps {
  readonly hot: Pick<HotStore, 'follow' | 'partitions'>
  readonly keyspace: Keyspace
  readonly views: ReadonlyMap<string, ViewCells>
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: MirrorTiming
}

export interface MirrorTiming {
  /** Oldest copy that an answer may use, ms. */
  readonly maxAgeMs: number
  /** Pause between refreshes while there are readers, ms. */
  readonly activeMs: number
  /** Pause between refreshes without readers, ms: often enough that the feed of changes still reaches back. */
  readonly idleMs: number
  /** A stream has readers until so long after the last one, ms. */
  readonly readersLingerMs: number
  /** Pause between readings of the list of partitions, ms. */
  readonly partitionsMs: number
  /** Longest wait for a reply of Redis, ms. */
  readonly replyTimeoutMs: number
}

/** The mirrors of all partitions of one stream's keyspace, shared by every query and live listener. */
export class StreamMirror {
  readonly #partitions = new Map<number, PartitionMirror>()
  #listedAtMs = Number.NEGATIVE_INFINITY
  #listing: Promise<void> | null = null
  #listFailure: Error | null = null
  #triedAtMs = Number.NEGATIVE_INFINITY
  #readAtMs = Number.NEGATIVE_INFINITY
  #told: string | null = null

  constructor(readonly deps: StreamMirrorDeps) {}

  get partitions(): ReadonlyMap<number, PartitionMirror> {
    return this.#partitions
  }

  /** Why hot state cannot be read now; null where it can. */
  get failure(): Error | null {
    if (this.#listFailure) return this.#listFailure
    for (const mirror of this.#partitions.values()) if (mirror.failure) return mirror.failure
    return null
  }

  /**
   * Whether every partition's copy is complete and as of `sinceMs` or later. Readers ask with the instant of their
   * question less the oldest age allowed: judged by the clock, a slow reply would be too old each time it came.
   */
  usable(sinceMs: number): boolean {
    if (!Number.isFinite(this.#listedAtMs) || this.#listFailure) return false
    for (const mirror of this.#partitions.values()) {
      if (!mirror.complete || mirror.asOfMs < sinceMs || mirror.failure) return false
    }
    return true
  }

  /** Whether Redis failed so recently that asking again at once would only make a reader wait. */
  justFailed(): boolean {
    return this.failure !== null && this.deps.clock.now() - this.#triedAtMs < this.deps.timing.replyTimeoutMs
  }

  /** Tells that somebody reads: the copies are then kept fresh without being asked. */
  touch(): void {
    this.#readAtMs = this.deps.clock.now()
  }

  /** Brings the copies up to now. Never rejects: see `failure`. */
  async refresh(): Promise<void> {
    const { clock, timing } = this.deps
    if (clock.now() - this.#listedAtMs >= timing.partitionsMs || this.#listFailure) await this.#list()
    await Promise.all([...this.#partitions.values()].map((mirror) => mirror.refresh()))
    this.#triedAtMs = clock.now()
  }

  /** Keeps the copies fresh until the signal is raised. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, timing } = this.deps
    while (!signal.aborted) {
      await this.refresh()
      this.#tell()
      const active = clock.now() - this.#readAtMs < timing.readersLingerMs
      await pause(active ? timing.activeMs : timing.idleMs, signal)
    }
  }

  #list(): Promise<void> {
    this.#listing ??= this.#readList().finally(() => {
      this.#listing = null
    })
    return this.#listing
  }

  async #readList(): Promise<void> {
    const { hot, keyspace, clock, timing } = this.deps
    const sentAtMs = clock.now()
    try {
      const what = `partitions of stream "${keyspace.stream}" in Redis`
      for (const partition of await within(timing.replyTimeoutMs, what, hot.partitions(keyspace))) {
        if (!this.#partitions.has(partition)) this.#partitions.set(partition, this.#mirror(partition))
      }
      this.#listedAtMs = sentAtMs
      this.#listFailure = null
    } catch (error) {
      this.#listFailure = error instanceof Error ? error : new Error(String(error))
    }
  }

  #mirror(partition: number): PartitionMirror {
    const { hot, keyspace, views, clock, timing } = this.deps
    return new PartitionMirror({ hot, keyspace, partition, views, clock, replyTimeoutMs: timing.replyTimeoutMs })
  }

  /** One line when hot state is lost and one when it is back, not one per attempt. */
  #tell(): void {
    const failure = this.failure?.message ?? null
    const fields = { stream: this.deps.keyspace.stream }
    if (failure && !this.#told)
      this.deps.logger.warn({ ...fields, failure }, 'hot state cannot be read: answers are the snapshot alone')
    if (!failure && this.#told) this.deps.logger.info(fields, 'hot state can be read again')
    this.#told = failure
  }
}
