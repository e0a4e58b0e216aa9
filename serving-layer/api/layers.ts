import { prefixOf } from '../../core/seam/prefix-of.js'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import { freshnessOf, showBoundary } from '../query/provenance.js'
import { showSize } from '../query/time-range.js'
import type { StreamReader } from '../read/stream-reader.js'
import type { Serving } from './api-deps.js'
import { troublesOf } from './routes/health.js'

/** The layers as they stand, for the live page: their rates, lag, freshness, boundary and parity. */
export function describeLayers(serving: Serving, nowMs: number, temporalUiUrl: string | null) {
  const { readers, health } = serving
  return {
    at: new Date(nowMs).toISOString(),
    temporalUiUrl,
    layers: health.reports.map(({ layer, instance, atMs, ready }) => ({
      layer,
      instance,
      ready,
      reportedMsAgo: nowMs - atMs,
    })),
    streams: [...readers.streams.values()].map((stream) => describe(stream, serving, nowMs)),
    segmentCacheBytes: readers.cache.bytes,
    troubles: troublesOf(serving),
  }
}

function describe(stream: StreamReader, { health, parity }: Serving, nowMs: number) {
  const { name, epochMs, mirror, watch } = stream
  const states = new Map(
    [...mirror.partitions].map(([partition, { complete, state }]) => [partition, complete ? state : null]),
  )
  const snapshot = watch.active?.snapshot ?? null
  const reports = health.partitions.filter((report) => report.stream === name)
  const sum = (of: (report: (typeof reports)[number]) => number) =>
    reports.length === 0 ? null : reports.reduce((total, report) => total + of(report), 0)
  const seal = health.seals().find((one) => one.stream === name)
  return {
    name,
    epoch: showSize(epochMs),
    speed: {
      eventsPerSecond: sum((report) => report.eventsPerSecond),
      lag: sum((report) => report.lag),
      cells: sum((report) => report.cells),
      flushMs: max(reports.map((report) => report.flushMs)),
      conditions: reports
        .filter(({ condition }) => condition.kind !== 'running')
        .map(({ partition, condition }) => ({ partition, ...condition })),
      freshness: freshnessOf([{ states }], nowMs),
      hotRecords: hotRecords(states, stream),
    },
    batch: {
      snapshot: snapshot && {
        id: snapshot.id,
        sequence: snapshot.sequence,
        publishedAt: new Date(snapshot.publishedAtMs).toISOString(),
      },
      sealedUpTo: sealedUpTo(stream),
      boundary: snapshot ? showBoundary(snapshot.boundary, epochMs) : {},
      segments: snapshot?.segments.length ?? 0,
      lastSeal: seal ? { at: new Date(seal.atMs).toISOString(), seconds: seal.seconds } : null,
      parity: parity.summary(name),
    },
    prefix: prefixOf(snapshot?.boundary ?? {}, states),
  }
}

/** Records that only hot state holds. */
function hotRecords(states: ReadonlyMap<number, { readonly next: number } | null>, { watch }: StreamReader): number {
  const boundary = watch.active?.snapshot.boundary ?? {}
  let records = 0
  for (const [partition, state] of states)
    records += Math.max(0, (state?.next ?? 0) - (boundary[partition]?.offset ?? 0))
  return records
}

/** Start of the first epoch that some partition's segments do not cover; null before the first seal. */
function sealedUpTo({ watch, epochMs }: StreamReader): string | null {
  const epochs = Object.values(watch.active?.snapshot.boundary ?? {}).map(({ epoch }) => epoch)
  return epochs.length === 0 ? null : epochStartText(Math.max(...epochs), epochMs)
}

function max(values: readonly (number | null)[]): number | null {
  const known = values.filter((value): value is number => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
