import type { HotStore, LayerHealth } from '../../stores/hot/hot-port.js'
import { pause } from '../mirror/pause.js'

/** How the speed layer stands in one partition, as it last reported. */
export interface PartitionReport {
  readonly stream: string
  readonly partition: number
  readonly condition: { readonly kind: string; readonly reason?: string }
  readonly position: number
  readonly next: number
  readonly highWatermark: number
  readonly records: number
  readonly cells: number
  readonly flushMs: number | null
  readonly freshnessMs: number | null
  /** Records between what is stored and the end of the log. */
  readonly lag: number
  readonly eventsPerSecond: number
}

export interface SealReport {
  readonly stream: string
  /** When it ended, UTC ms. */
  readonly atMs: number
  readonly seconds: number | null
}

/** What the layers report of themselves, read from Redis every second. */
export class HealthWatch {
  #reports: readonly LayerHealth[] = []
  #partitions: readonly PartitionReport[] = []
  #failure: Error | null = null

  constructor(
    readonly hot: Pick<HotStore, 'health'>,
    readonly everyMs: number,
  ) {}

  get reports(): readonly LayerHealth[] {
    return this.#reports
  }

  get failure(): Error | null {
    return this.#failure
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh()
      await pause(this.everyMs, signal)
    }
  }

  /** Never rejects: without Redis nothing is known of the layers. */
  async refresh(): Promise<void> {
    try {
      this.#reports = await this.hot.health()
      this.#failure = null
    } catch (error) {
      this.#reports = []
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
    this.#partitions = partitionsOf(this.#reports)
  }

  /** Every partition that a speed process owns; the newest report where two claim one. */
  get partitions(): readonly PartitionReport[] {
    return this.#partitions
  }

  /** The last seal of each stream, as the workers report them. */
  seals(): readonly SealReport[] {
    const newest = new Map<string, SealReport>()
    for (const { layer, detail } of this.#reports) {
      if (layer !== 'worker' || !isRecord(detail.seals)) continue
      for (const [stream, seal] of Object.entries(detail.seals)) {
        if (!isRecord(seal) || typeof seal.atMs !== 'number') continue
        if ((newest.get(stream)?.atMs ?? Number.NEGATIVE_INFINITY) > seal.atMs) continue
        newest.set(stream, { stream, atMs: seal.atMs, seconds: typeof seal.seconds === 'number' ? seal.seconds : null })
      }
    }
    return [...newest.values()]
  }

  /** Whether nothing is waiting in a partition, by the speed layer's own report; false where it does not say. */
  caughtUp(stream: string, partition: number): boolean {
    const report = this.#partitions.find((one) => one.stream === stream && one.partition === partition)
    return report !== undefined && report.condition.kind === 'running' && report.next >= report.highWatermark
  }
}

function partitionsOf(reports: readonly LayerHealth[]): readonly PartitionReport[] {
  const newest = new Map<string, PartitionReport>()
  const speed = reports.filter((report) => report.layer === 'speed').sort((a, b) => a.atMs - b.atMs)
  for (const { detail } of speed) {
    for (const stream of isRecord(detail.streams) ? Object.values(detail.streams) : []) {
      for (const report of isRecord(stream) ? partitionReports(stream.partitions) : []) {
        newest.set(`${report.stream} ${report.partition}`, report)
      }
    }
  }
  return [...newest.values()].sort((a, b) =>
    a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.partition - b.partition,
  )
}

/** Reads a report's list as far as it is one: it was written by another process, perhaps of another version. */
function partitionReports(list: unknown): readonly PartitionReport[] {
  if (!Array.isArray(list)) return []
  return list.filter(isRecord).flatMap((one): PartitionReport[] => {
    const { stream, partition, condition } = one
    if (typeof stream !== 'string' || typeof partition !== 'number') return []
    const kind = isRecord(condition) && typeof condition.kind === 'string' ? condition.kind : 'unknown'
    const reason = isRecord(condition) && typeof condition.reason === 'string' ? condition.reason : undefined
    return [
      {
        stream,
        partition,
        condition: reason === undefined ? { kind } : { kind, reason },
        position: numberOr(one.position, 0),
        next: numberOr(one.next, 0),
        highWatermark: numberOr(one.highWatermark, 0),
        records: numberOr(one.records, 0),
        cells: numberOr(one.cells, 0),
        flushMs: typeof one.flushMs === 'number' ? one.flushMs : null,
        freshnessMs: typeof one.freshnessMs === 'number' ? one.freshnessMs : null,
        lag: numberOr(one.lag, 0),
        eventsPerSecond: numberOr(one.eventsPerSecond, 0),
      },
    ]
  })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}
