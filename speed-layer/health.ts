import type { Clock } from '../core/time/clock.js'
import type { LayerHealth } from '../stores/hot/index.js'
import type { StreamReader } from './consume.js'
import type { PartitionStatus } from './partition-status.js'

export interface PartitionHealth extends PartitionStatus {
  /** Records between what is stored and the end of the log. */
  readonly lag: number
  readonly eventsPerSecond: number
}

export interface StreamHealth {
  readonly lag: number
  readonly eventsPerSecond: number
  /** Null while Kafka answers. */
  readonly trouble: string | null
  readonly partitions: readonly PartitionHealth[]
}

/** Makes the layer's report out of how its partitions are, once a second; remembers the last one, for the rates. */
export class Health {
  #before: { readonly atMs: number; readonly records: ReadonlyMap<string, number> } | undefined
  #report: LayerHealth | undefined

  constructor(
    private readonly instance: string,
    private readonly clock: Clock,
    /** True: of definitions that are not today's, reported beside the streams as they are read today. */
    private readonly earlier = false,
  ) {}

  /** The last report, also when it could not be stored. */
  get report(): LayerHealth | undefined {
    return this.#report
  }

  /** @param ends of the log per `stream/partition`, where Kafka has just been asked */
  update(
    readers: readonly StreamReader[],
    statuses: readonly PartitionStatus[],
    ends: ReadonlyMap<string, number>,
  ): LayerHealth {
    const atMs = this.clock.now()
    const elapsedMs = atMs - (this.#before?.atMs ?? atMs)
    const streams: Record<string, StreamHealth> = {}
    for (const { plan, trouble } of readers) {
      const partitions = statuses
        .filter(({ stream }) => stream === plan.stream.name)
        .sort((a, b) => a.partition - b.partition)
        .map((status) => {
          const end = Math.max(ends.get(nameOf(status)) ?? 0, status.highWatermark)
          const records = status.records - (this.#before?.records.get(nameOf(status)) ?? status.records)
          const eventsPerSecond = elapsedMs > 0 ? Math.round((Math.max(0, records) * 1_000) / elapsedMs) : 0
          return { ...status, highWatermark: end, lag: end - status.next, eventsPerSecond }
        })
      const sum = (field: 'lag' | 'eventsPerSecond'): number => partitions.reduce((total, p) => total + p[field], 0)
      streams[plan.stream.name] = {
        lag: sum('lag'),
        eventsPerSecond: sum('eventsPerSecond'),
        trouble: trouble(),
        partitions,
      }
    }
    this.#before = { atMs, records: new Map(statuses.map((status) => [nameOf(status), status.records])) }
    const well = Object.values(streams).every(
      (s) => s.trouble === null && s.partitions.every((p) => p.condition.kind === 'running'),
    )
    const detail = this.earlier ? { streams: {}, earlier: streams } : { streams }
    this.#report = { layer: 'speed', instance: this.instance, atMs, ready: well, detail }
    return this.#report
  }
}

export function nameOf({ stream, partition }: { readonly stream: string; readonly partition: number }): string {
  return `${stream}/${partition}`
}
