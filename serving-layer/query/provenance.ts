import { isComplete, streamWatermark } from '../../core/seam/watermark.js'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import type { HotState } from '../../stores/hot/hot-port.js'
import type { StreamBasis } from '../read/stream-reader.js'
import type { Layer } from './merge-span.js'
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

/** Where one stream's part of an answer comes from. */
export interface StreamProvenance {
  /** Null: nothing is sealed yet, all of it is hot. */
  readonly snapshot: { readonly id: string; readonly sequence: number; readonly publishedAt: string } | null
  /** Per partition: first offset not in the snapshot, and first epoch it does not cover. */
  readonly boundary: Readonly<Record<string, { readonly offset: number; readonly epoch: string }>>
  /** L per partition: exactly the delivered records with offset < L are counted. */
  readonly prefix: Readonly<Record<string, number>>
  /** Epochs whose hot cells count, by their starts. */
  readonly epochs: readonly string[]
  /** Segments of the view in force. */
  readonly segments: number
  /** Age of the hot copy used, ms; null where Redis is down. */
  readonly hotAgeMs: number | null
  /** How long ago the snapshot was seen to be the one in force, ms. */
  readonly pointerAgeMs: number
  readonly freshness: Freshness
  readonly parity: ParitySummary | null
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

/** Where an answer comes from: enough to recount it. */
export interface Provenance {
  readonly at: string
  readonly streams: Readonly<Record<string, StreamProvenance>>
  readonly windows: readonly WindowProvenance[]
  readonly freshness: Freshness
  /** Event time up to which windows are likely complete; null where that is not known. */
  readonly watermark: string | null
  /** Empty: the answer lacks nothing that was answered before. */
  readonly degraded: readonly Degraded[]
  /** The oldest over the streams. */
  readonly pointerAgeMs: number
}

export interface ProvenanceInput {
  readonly view: string
  readonly bases: readonly StreamBasis[]
  readonly windows: readonly (Window & { readonly layer: Layer })[]
  readonly nowMs: number
  /** Allowed lateness per stream, ms. */
  readonly latenessOf: (stream: string) => number
  /** Whether nothing is waiting in a partition and nothing came for a while. */
  readonly idle: (stream: string, partition: number, state: HotState | null) => boolean
  readonly parityOf: (stream: string) => ParitySummary | null
}

export function provenanceOf(input: ProvenanceInput): Provenance {
  const { bases, nowMs } = input
  const watermarkMs = least(bases.map((basis) => watermark(input, basis)))
  const streams = Object.fromEntries(bases.map((basis) => [basis.stream, streamProvenance(input, basis)]))
  const freshness = Object.values(streams).map((stream) => stream.freshness)
  return {
    at: new Date(nowMs).toISOString(),
    streams,
    windows: input.windows.map(({ startMs, endMs, layer }) => ({
      window: new Date(startMs).toISOString(),
      layer,
      complete: isComplete(endMs, watermarkMs),
    })),
    freshness: { appendMs: newest(freshness.map((f) => f.appendMs)), eventMs: newest(freshness.map((f) => f.eventMs)) },
    watermark: watermarkMs === null ? null : new Date(watermarkMs).toISOString(),
    degraded: bases.flatMap(({ stream, degraded }) => degraded.map((partition) => ({ stream, ...partition }))),
    pointerAgeMs: Math.max(0, ...bases.map((basis) => basis.pointerAgeMs)),
  }
}

function streamProvenance({ view, nowMs, parityOf }: ProvenanceInput, basis: StreamBasis): StreamProvenance {
  const { active, boundary, epochMs, states } = basis
  const epochs = new Set<number>()
  for (const [partition, state] of states) {
    for (const epoch of state?.epochs ?? []) if (epoch >= (boundary[partition]?.epoch ?? 0)) epochs.add(epoch)
  }
  return {
    snapshot: active && {
      id: active.snapshot.id,
      sequence: active.snapshot.sequence,
      publishedAt: new Date(active.snapshot.publishedAtMs).toISOString(),
    },
    boundary: Object.fromEntries(
      Object.entries(boundary).map(([partition, { offset, epoch }]) => [partition, { offset, epoch: epochStartText(epoch, epochMs) }]),
    ),
    prefix: basis.prefix,
    epochs: [...epochs].sort((a, b) => a - b).map((epoch) => epochStartText(epoch, epochMs)),
    segments: active?.segments.get(view)?.length ?? 0,
    hotAgeMs: basis.hotAgeMs,
    pointerAgeMs: basis.pointerAgeMs,
    freshness: freshnessOf(basis, nowMs),
    parity: parityOf(basis.stream),
  }
}

/** Ages of the newest record that the hot copies have seen. */
export function freshnessOf({ states }: Pick<StreamBasis, 'states'>, nowMs: number): Freshness {
  let append = Number.NEGATIVE_INFINITY
  let event = Number.NEGATIVE_INFINITY
  for (const state of states.values()) {
    append = Math.max(append, state?.last?.timeMs ?? Number.NEGATIVE_INFINITY)
    event = Math.max(event, state?.maxEventTimeMs ?? Number.NEGATIVE_INFINITY)
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

function newest(ages: readonly (number | null)[]): number | null {
  const known = ages.filter((age): age is number => age !== null)
  return known.length === 0 ? null : Math.min(...known)
}
