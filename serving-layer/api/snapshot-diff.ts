import { compareSegments } from '../../core/seam/compare-segments.js'
import type { Segment } from '../../core/seam/segment.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import type { SnapshotDiff } from '../../core/seam/snapshot-diff.js'
import { comparableCells } from '../../stores/tiers/index.js'
import type { HeldSnapshot } from '../../stores/warm/warm-port.js'
import { ParameterError } from '../query/parameter-error.js'
import type { ApiDeps, Serving } from './api-deps.js'
import { ProblemError } from './problem.js'

/** What was compared, and why it is held. */
export interface ShownDiff extends SnapshotDiff {
  readonly snapshot: string
  readonly because: readonly string[]
}

/** Cells that one request may compare: some seconds. A restatement's own comparison is kept, whatever its size. */
const MAX_CELLS = 500_000

/**
 * What a snapshot says else than another: by default than the one it was built on; of a held one, what would change.
 *
 * @throws ProblemError where there is no such snapshot
 * @throws ParameterError where it cannot be compared with the other one
 */
export async function snapshotDiff(
  { warm }: Pick<ApiDeps, 'warm'>,
  { readers }: Serving,
  id: string,
  other: string | undefined,
): Promise<ShownDiff> {
  const [snapshot, held] = await Promise.all([warm.snapshot(id), warm.held(id)])
  if (held !== null && (other === undefined || other === held.diff.base))
    return { snapshot: id, because: held.because, ...held.diff }
  if (held !== null && snapshot === null)
    throw new ParameterError('with', other ?? '', `${held.diff.base}, with which the held snapshot was compared`)
  if (snapshot === null) throw noSnapshot(id)
  const with_ = other ?? snapshot.base
  const base = with_ === null ? null : await warm.snapshot(with_)
  if (base === null || base.stream !== snapshot.stream) {
    const expected = `the id of another snapshot of stream "${snapshot.stream}"`
    throw new ParameterError('with', with_ ?? '', with_ === null ? `${expected}; ${id} is the first` : expected)
  }
  const before = lackedBy(snapshot, base)
  const after = lackedBy(base, snapshot)
  const cells = [...before, ...after].reduce((sum, segment) => sum + segment.cells, 0)
  if (cells > MAX_CELLS) {
    const expected = `snapshots that differ in at most ${MAX_CELLS} cells; these differ in segments of ${cells}`
    throw new ParameterError('with', with_ ?? '', expected)
  }
  const views = readers.streams.get(snapshot.stream)?.views ?? []
  const diff = await compareSegments({
    base,
    before,
    after,
    views,
    read: await comparableCells(warm, readers.deps.source, views, [...before, ...after]),
  })
  return { snapshot: id, because: [], ...diff }
}

export function showDiff({ views, ...diff }: ShownDiff) {
  return {
    ...diff,
    views: views.map(({ movers, ...view }) => ({
      ...view,
      movers: movers.map(({ windowStartMs, ...mover }) => ({
        ...mover,
        window: new Date(windowStartMs).toISOString(),
      })),
    })),
  }
}

/** A held snapshot, or what is known of the comparison of a published one. */
export function showHeld({ id, stream, reason, state, segments, diff, because, ...decided }: HeldSnapshot) {
  const { heldAtMs, decidedAtMs, published } = decided
  return {
    id,
    stream,
    reason,
    state,
    base: diff.base,
    restated: segments.length,
    windows: diff.windows,
    changedWindows: diff.changedWindows,
    because,
    heldAt: new Date(heldAtMs).toISOString(),
    decidedAt: decidedAtMs === null ? null : new Date(decidedAtMs).toISOString(),
    published,
  }
}

export function noSnapshot(id: string): ProblemError {
  return new ProblemError({
    type: '/problems/not-found',
    title: 'Not found',
    status: 404,
    detail: `there is no snapshot "${id}", neither published nor held; see /v1/snapshots`,
    parameter: 'id',
    value: id,
  })
}

/** Segments of `b` that `a` does not have. */
function lackedBy(a: Snapshot, b: Snapshot): readonly Segment[] {
  const has = new Set(a.segments.map((segment) => segment.id))
  return b.segments.filter((segment) => !has.has(segment.id))
}
