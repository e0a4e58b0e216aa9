import type { Serving } from '../api/api-deps.js'
import type { StreamReader } from '../read/stream-reader.js'
import { Exposition } from './exposition.js'
import type { HttpMetrics } from './http-metrics.js'

/** What Prometheus scrapes: this process, and what the other layers report of themselves. */
export function metricsText(serving: Serving | null, http: HttpMetrics, nowMs: number): string {
  const out = new Exposition()
  if (serving) {
    streamFamilies(out, serving, nowMs)
    speedFamilies(out, serving)
    batchFamilies(out, serving, nowMs)
    retentionFamilies(out, serving)
    memoryFamilies(out, serving)
  }
  const memory = process.memoryUsage()
  out.family('tandem_serving_resident_bytes', 'gauge', 'Resident memory of the serving process.', [[{}, memory.rss]])
  out.family('tandem_serving_heap_bytes', 'gauge', 'Used heap of the serving process.', [[{}, memory.heapUsed]])
  out.lines(http.lines())
  return out.text()
}

function streamFamilies(out: Exposition, { readers }: Serving, nowMs: number): void {
  const streams = [...readers.streams.values()]
  const each = (of: (stream: StreamReader) => number | null) =>
    streams.map((stream) => [{ stream: stream.name }, of(stream)] as const)
  const partitions = (
    of: (partition: {
      next: number
      appendMs: number | null
      eventMs: number | null
      boundary: number
    }) => number | null,
  ) =>
    streams.flatMap((stream) =>
      [...stream.mirror.partitions].map(([partition, mirror]) => {
        const state = mirror.complete ? mirror.state : null
        const at = {
          next: state?.next ?? 0,
          appendMs: state?.last?.timeMs ?? null,
          eventMs: state?.maxEventTimeMs ?? null,
          boundary: stream.watch.active?.snapshot.boundary[partition]?.offset ?? 0,
        }
        return [{ stream: stream.name, partition }, of(at)] as const
      }),
    )
  const age = (timeMs: number | null) => (timeMs === null ? null : (nowMs - timeMs) / 1000)
  out.family(
    'tandem_freshness_seconds',
    'gauge',
    'Age by broker time of the newest record in hot state.',
    partitions(({ appendMs }) => age(appendMs)),
  )
  out.family(
    'tandem_event_freshness_seconds',
    'gauge',
    'Age by event time of the newest record in hot state.',
    partitions(({ eventMs }) => age(eventMs)),
  )
  out.family(
    'tandem_prefix_offset',
    'gauge',
    'First offset that answers do not count yet.',
    partitions(({ next, boundary }) => Math.max(next, boundary)),
  )
  out.family(
    'tandem_boundary_offset',
    'gauge',
    'First offset that is not in the snapshot in force.',
    partitions(({ boundary }) => boundary),
  )
  out.family(
    'tandem_mirror_up',
    'gauge',
    'Whether hot state can be read (1) or answers are the snapshot alone (0).',
    each(({ mirror }) => (mirror.failure ? 0 : 1)),
  )
  out.family(
    'tandem_pointer_age_seconds',
    'gauge',
    'Time since the snapshot in use was seen to be in force.',
    each(({ watch }) => (watch.known ? watch.pointerAgeMs / 1000 : null)),
  )
  out.family(
    'tandem_snapshot_sequence',
    'gauge',
    'Sequence of the snapshot in use.',
    each(({ watch }) => watch.active?.snapshot.sequence ?? 0),
  )
  out.family(
    'tandem_snapshot_segments',
    'gauge',
    'Segments in force over all views.',
    each(({ watch }) => watch.active?.snapshot.segments.length ?? 0),
  )
}

function speedFamilies(out: Exposition, { health }: Serving): void {
  const partitions = health.partitions
  const each = (of: (report: (typeof partitions)[number]) => number | null) =>
    partitions.map((report) => [{ stream: report.stream, partition: report.partition }, of(report)] as const)
  out.family(
    'tandem_speed_lag_records',
    'gauge',
    'Records between hot state and the end of the log.',
    each(({ lag }) => lag),
  )
  out.family(
    'tandem_speed_events_per_second',
    'gauge',
    'Records folded in the last second.',
    each(({ eventsPerSecond }) => eventsPerSecond),
  )
  out.family(
    'tandem_speed_records_total',
    'counter',
    'Records folded since the process began.',
    each(({ records }) => records),
  )
  out.family(
    'tandem_speed_flush_seconds',
    'gauge',
    'How long the last flush to Redis took.',
    each(({ flushMs }) => (flushMs === null ? null : flushMs / 1000)),
  )
  out.family(
    'tandem_speed_freshness_seconds',
    'gauge',
    'From the broker to Redis, of the last flush.',
    each(({ freshnessMs }) => (freshnessMs === null ? null : freshnessMs / 1000)),
  )
  out.family(
    'tandem_speed_cells',
    'gauge',
    'Cells that the speed layer holds in memory.',
    each(({ cells }) => cells),
  )
  out.family(
    'tandem_speed_running',
    'gauge',
    'Whether the partition is consumed (1), waiting or halted (0).',
    each(({ condition }) => (condition.kind === 'running' ? 1 : 0)),
  )
  out.family(
    'tandem_layer_ready',
    'gauge',
    'Whether a process of a layer says that it is well.',
    health.reports.map(({ layer, instance, ready }) => [{ layer, instance }, ready ? 1 : 0] as const),
  )
}

function batchFamilies(out: Exposition, { readers, parity, health, aliases }: Serving, nowMs: number): void {
  const outcomes = ['equal', 'different', 'uncompared'] as const
  out.family(
    'tandem_parity_comparisons',
    'gauge',
    'Comparisons of both layers among the latest 200 results of a stream.',
    [...readers.streams.keys()].flatMap((stream) =>
      outcomes.map((outcome) => [{ stream, outcome }, parity.summary(stream)?.[outcome]] as const),
    ),
  )
  const seals = health.seals()
  out.family(
    'tandem_seal_seconds',
    'gauge',
    'How long the last seal of a stream took.',
    seals.map(({ stream, seconds }) => [{ stream }, seconds] as const),
  )
  out.family(
    'tandem_seal_age_seconds',
    'gauge',
    'Time since the last seal of a stream ended.',
    seals.map(({ stream, atMs }) => [{ stream }, (nowMs - atMs) / 1000] as const),
  )
  const ledger = readers.ledgerTotals()
  out.family(
    'tandem_ledger_records',
    'gauge',
    'Records in hot state that the snapshot does not cover, by outcome.',
    ledger.map(({ stream, outcome, records }) => [{ stream, outcome }, records] as const),
  )
  out.family(
    'tandem_alias_differences',
    'gauge',
    'Segments by which Elasticsearch aliases differ from those in force.',
    aliases.differences.map(({ view, missing, extra }) => [{ view }, missing + extra] as const),
  )
}

function retentionFamilies(out: Exposition, { retention }: Serving): void {
  const states = retention.states()
  const each = (of: (state: (typeof states)[number]) => number | null) =>
    states.map((state) => [{ stream: state.stream, partition: state.partition }, of(state)] as const)
  out.family(
    'tandem_unsealed_seconds',
    'gauge',
    'Time since the start of the first epoch of a partition that is not sealed.',
    each(({ unsealedMs }) => unsealedMs / 1000),
  )
  out.family(
    'tandem_retention_seconds',
    'gauge',
    'How long the topic keeps records; absent where for ever.',
    each(({ retentionMs }) => (retentionMs === null ? null : retentionMs / 1000)),
  )
  out.family(
    'tandem_retention_alarm',
    'gauge',
    'Whether records wait to be sealed for more than a third of their retention.',
    each(({ alarm }) => (alarm ? 1 : 0)),
  )
}

function memoryFamilies(out: Exposition, { readers }: Serving): void {
  const views = [...readers.cells.values()]
  out.family(
    'tandem_hot_cells',
    'gauge',
    'Hot cells held at the finest window.',
    views.map((cells) => [{ view: cells.view.name }, cells.hotCells] as const),
  )
  out.family(
    'tandem_view_bytes',
    'gauge',
    'Memory of hot cells, rollups and blocks.',
    views.map((cells) => [{ view: cells.view.name }, cells.bytes] as const),
  )
  out.family('tandem_segment_cache_bytes', 'gauge', 'Memory of decoded segments.', [[{}, readers.cache.bytes]])
}
