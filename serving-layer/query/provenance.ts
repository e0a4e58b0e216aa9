import type { Boundary } from '../../core/seam/boundary.js'
import { hotFilter } from '../../core/seam/hot-filter.js'
import { isComplete, streamWatermark } from '../../core/seam/watermark.js'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import type { HotState } from '../../stores/hot/hot-port.js'
import type { Restating } from '../read/restating.js'
import type { StreamBasis } from '../read/stream-reader.js'
import type { Layer } from './merge-span.js'
import type { TierPart } from './tier-parts.js'
import type { Window } from './time-range.js'

/** Comparison of the two layers for the epochs that a stream's answers rest on, summed up. */
export interface ParitySummary {
  readonly equal: number
  readonly different: number
  readonly uncompared: number
  /** Newest epoch compared, by its start; null where none was. */
  readonly lastEpoch: string | null
  readonly lastComparedAt: string | null
}

export interface SnapshotProvenance {
  readonly id: string
  readonly sequence: number
  readonly publishedAt: string
}

/** First offset not in a snapshot, and first epoch it does not cover, by its start. */
export interface BoundaryProvenance {
  readonly offset: number
  readonly epoch: string
}

/** How old the newest counted record is, ms, by the broker's time and by its own; null where it is not known. */
export interface Freshness {
  readonly appendMs: number | null
  readonly eventMs: number | null
}

export interface WindowProvenance {
  readonly window: string
  readonly layer: Layer
  /** Whether the window is likely complete: its end lies at or before the watermark. Decides no number. */
  readonly complete: boolean
}

/** Partition whose answer lacks records [from, to) that were answered before, or that Redis holds while it is down. */
export interface Degraded {
  readonly stream: string
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** Something for each stream of the view, by its name. */
export type PerStream<T> = Readonly<Record<string, T>>

/** Where an answer comes from: enough to recount it. */
export interface Provenance {
  readonly at: string
  /** L per stream and partition: exactly the delivered records with offset < L are counted. */
  readonly prefix: PerStream<Readonly<Record<string, number>>>
  /** Imported files that count beside that prefix, by their sha256. */
  readonly imports: PerStream<readonly string[]>
  /** Null: nothing of the stream is sealed yet, all of it is hot. */
  readonly snapshots: PerStream<SnapshotProvenance | null>
  readonly boundary: PerStream<Readonly<Record<string, BoundaryProvenance>>>
  /** Epochs whose hot cells count, by their starts. */
  readonly epochs: PerStream<readonly string[]>
  /** Segments of the view in force. */
  readonly segments: PerStream<number>
  readonly parity: PerStream<ParitySummary | null>
  /** Which tier gave which part of the range, at what resolution, the oldest part first; empty: no tier has a cell of it. */
  readonly tiers: readonly TierPart[]
  /** Windows that have rows: whose cells they are made of, and whether they are likely complete. */
  readonly windows: readonly WindowProvenance[]
  readonly freshness: Freshness
  /** Event time up to which windows are likely complete; null where that is not known. */
  readonly watermark: string | null
  /** Empty: the answer lacks nothing that was answered before. */
  readonly degraded: readonly Degraded[]
  /** Set while the view is answered by an earlier definition than today's; see docs/restating.md. */
  readonly restating: Restating | null
  /** Snapshots that alone were read, because the question named them; empty: those in force, and hot cells. */
  readonly asOf: readonly string[]
  /** How long ago the snapshots were seen to be those in force, ms. */
  readonly pointerAgeMs: number
  /** Age of the hot copies used, ms; null where Redis is down, or none was asked for. */
  readonly hotAgeMs: number | null
}

export interface ProvenanceInput {
  readonly view: string
  readonly bases: readonly StreamBasis[]
  readonly windows: readonly (Window & { readonly layer: Layer })[]
  readonly tiers: readonly TierPart[]
  readonly nowMs: number
  /** Allowed lateness per stream, ms. */
  readonly latenessOf: (stream: string) => number
  /** Whether nothing is waiting in a partition and nothing came for a while. */
  readonly idle: (stream: string, partition: number, state: HotState | null) => boolean
  readonly parityOf: (stream: string) => ParitySummary | null
  readonly restating: Restating | null
}

export function provenanceOf(input: ProvenanceInput): Provenance {
  const { bases, nowMs } = input
  const watermarkMs = least(bases.map((basis) => watermark(input, basis)))
  const perStream = <T>(of: (basis: StreamBasis) => T): PerStream<T> =>
    Object.fromEntries(bases.map((basis) => [basis.stream, of(basis)]))
  const hotAges = bases.map((basis) => basis.hotAgeMs)
  return {
    at: new Date(nowMs).toISOString(),
    prefix: perStream((basis) => basis.prefix),
    imports: perStream(({ active }) => active?.snapshot.imports.map(({ sha256 }) => sha256) ?? []),
    snapshots: perStream(snapshotOf),
    boundary: perStream(({ boundary, epochMs }) => showBoundary(boundary, epochMs)),
    epochs: perStream(hotEpochs),
    segments: perStream(({ active }) => active?.segments.get(input.view)?.length ?? 0),
    parity: perStream(({ stream }) => input.parityOf(stream)),
    tiers: input.tiers,
    windows: input.windows.map(({ startMs, endMs, layer }) => ({
      window: new Date(startMs).toISOString(),
      layer,
      complete: isComplete(endMs, watermarkMs),
    })),
    freshness: freshnessOf(bases, nowMs),
    watermark: watermarkMs === null ? null : new Date(watermarkMs).toISOString(),
    degraded: bases.flatMap(({ stream, degraded }) => degraded.map((partition) => ({ stream, ...partition }))),
    restating: input.restating,
    asOf: [],
    pointerAgeMs: Math.max(0, ...bases.map((basis) => basis.pointerAgeMs)),
    hotAgeMs: hotAges.includes(null) ? null : Math.max(0, ...hotAges.map(Number)),
  }
}

function snapshotOf({ active }: StreamBasis): SnapshotProvenance | null {
  if (!active) return null
  const { id, sequence, publishedAtMs } = active.snapshot
  return { id, sequence, publishedAt: new Date(publishedAtMs).toISOString() }
}

export function showBoundary(boundary: Boundary, epochMs: number): Readonly<Record<string, BoundaryProvenance>> {
  return Object.fromEntries(
    Object.entries(boundary).map(([partition, { offset, epoch }]) => [
      partition,
      { offset, epoch: epochStartText(epoch, epochMs) },
    ]),
  )
}

function hotEpochs({ boundary, epochMs, states }: StreamBasis): readonly string[] {
  const epochs = new Set<number>()
  for (const [partition, state] of states) {
    for (const epoch of state?.epochs ?? []) if (epoch >= hotFilter(boundary, partition)) epochs.add(epoch)
  }
  return [...epochs].sort((a, b) => a - b).map((epoch) => epochStartText(epoch, epochMs))
}

/** Ages of the newest record that the hot copies have seen. */
export function freshnessOf(bases: readonly Pick<StreamBasis, 'states'>[], nowMs: number): Freshness {
  let append = Number.NEGATIVE_INFINITY
  let event = Number.NEGATIVE_INFINITY
  for (const { states } of bases) {
    for (const state of states.values()) {
      append = Math.max(append, state?.last?.timeMs ?? Number.NEGATIVE_INFINITY)
      event = Math.max(event, state?.maxEventTimeMs ?? Number.NEGATIVE_INFINITY)
    }
  }
  const age = (timeMs: number) => (Number.isFinite(timeMs) ? nowMs - timeMs : null)
  return { appendMs: age(append), eventMs: age(event) }
}

function watermark({ nowMs, latenessOf, idle }: ProvenanceInput, { stream, states }: StreamBasis): number | null {
  // Without hot state nothing is known about what arrived since the boundary.
  if (states.size === 0) return null
  const partitions = [...states].map(([partition, state]) => ({
    maxEventTimeMs: state?.maxEventTimeMs ?? null,
    idle: idle(stream, partition, state),
  }))
  return streamWatermark(partitions, latenessOf(stream), nowMs)
}

function least(values: readonly (number | null)[]): number | null {
  let smallest: number | null = null
  for (const value of values) {
    if (value === null) return null
    smallest = smallest === null ? value : Math.min(smallest, value)
  }
  return smallest
}
