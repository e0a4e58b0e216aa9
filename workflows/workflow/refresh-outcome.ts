import type { GatedPublish } from '../../batch-layer/restate/publish-recomputed.js'
import type { RecomputeWork } from '../../batch-layer/restate/recompute-stream.js'
import type { SourceReport } from '../../batch-layer/sources/source-report.js'
import type { RunReport, RunStatus, SourceOutcome, StreamOutcome } from '../../stores/warm/run-reports.js'

/** A source's report as the run keeps it. */
export function sourceOutcome(report: SourceReport, seconds: number): SourceOutcome {
  const { resumesAt, ...told } = report
  return { ...told, resumesAtMs: resumesAt ?? null, seconds }
}

/** A source whose step gave up: one of our own engines was away for too long, or the run was stopped. */
export function failedSource(name: string, message: string, seconds: number): SourceOutcome {
  return {
    name,
    status: 'failed',
    landed: 0,
    read: 0,
    loaded: 0,
    unchanged: 0,
    rejected: 0,
    checksum: '',
    errors: [{ kind: 'failed', message, example: null }],
    resumesAtMs: null,
    seconds,
  }
}

export function streamOutcome(work: RecomputeWork, published: GatedPublish, seconds: number): StreamOutcome {
  const { stream, views, records, computed, cells, checksum } = work
  const { status, snapshot, changedWindows, because } = published
  return {
    stream,
    status,
    snapshot,
    views,
    records,
    segments: work.segments.length,
    computed,
    cells,
    changedWindows,
    checksum,
    because,
    error: null,
    seconds,
  }
}

export function failedStream(stream: string, error: string, seconds: number): StreamOutcome {
  return {
    stream,
    status: 'failed',
    snapshot: null,
    views: 0,
    records: 0,
    segments: 0,
    computed: 0,
    cells: 0,
    changedWindows: 0,
    checksum: '',
    because: [],
    error,
    seconds,
  }
}

type Outcomes = Pick<RunReport, 'sources' | 'streams' | 'collections' | 'retention'>

/**
 * What the parts come to. A source that failed leaves its last good data, so it is a problem and not the run's failure;
 * a stream or a collection that failed is.
 *
 * @param others problems that belong to no part
 */
export function concluded(
  { sources, streams, collections, retention }: Outcomes,
  others: readonly string[],
): Outcomes & Pick<RunReport, 'status' | 'views' | 'changedWindows' | 'problems'> {
  const failed = [...streams, ...collections].some(({ status }) => status === 'failed')
  const held = streams.some(({ status }) => status === 'held')
  const status: RunStatus = failed ? 'failed' : held ? 'held' : 'published'
  return {
    sources,
    streams,
    collections,
    retention,
    status,
    views: streams.reduce((sum, { views }) => sum + views, 0),
    changedWindows: streams.reduce((sum, { changedWindows }) => sum + changedWindows, 0),
    problems: [
      ...sources.flatMap(({ name, errors }) => errors.map(({ message }) => `source "${name}": ${message}`)),
      ...sources.flatMap(({ name, rejected }) =>
        rejected > 0 ? [`source "${name}": ${rejected} documents were rejected by the collection's schema`] : [],
      ),
      ...streams.flatMap(({ stream, because }) => because.map((why) => `stream "${stream}" is held: ${why}`)),
      ...streams.flatMap(({ stream, error }) => (error === null ? [] : [`stream "${stream}" failed: ${error}`])),
      ...collections.flatMap(({ collection, error }) =>
        error === null ? [] : [`collection "${collection}" failed: ${error}`],
      ),
      ...others,
    ],
  }
}
