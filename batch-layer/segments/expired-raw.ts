import type { ViewDefinition } from '../../core/define/view-definition.js'
import { comparePlaces, type Segment, type Snapshot } from '../../core/seam/index.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import { SnapshotRefusedError } from '../publish/snapshot-refused-error.js'
import type { StreamPlan } from '../stream-plan.js'
import type { SealedStep } from './sealed-steps.js'

/**
 * The steps whose files a view's segment is computed from: those of before its `since` hold nothing that counts.
 *
 * @throws SnapshotRefusedError where raw files that it needs have expired; what is in force stays
 */
export async function readableSteps(
  lake: Pick<LakeStore, 'rawFrom'>,
  view: ViewDefinition,
  stream: string,
  steps: readonly SealedStep[],
): Promise<readonly SealedStep[]> {
  // a record's epoch is its manifest's or an older one
  const counted = steps.filter(
    ({ manifest }) => manifest.epoch * manifest.epochMs >= (view.sinceMs ?? Number.NEGATIVE_INFINITY),
  )
  const first = await lake.rawFrom(stream)
  const gone = counted.find(({ manifest, partition }) => manifest.epoch < first && partition.files.length > 0)
  if (gone === undefined) return counted
  const since = new Date(first * gone.manifest.epochMs).toISOString()
  throw new SnapshotRefusedError(
    `view "${view.name}" cannot be computed over records of stream "${stream}" from before ${since}, whose raw files have expired; what is in force stays. A definition that is to begin there says so with since: '${since}'`,
  )
}

/** Segments in force of a view that hold records whose raw files have expired: they stay as they are. */
export async function keptSegments(
  lake: Pick<LakeStore, 'rawFrom'>,
  { stream }: StreamPlan,
  view: ViewDefinition,
  base: Snapshot | null,
): Promise<readonly Segment[]> {
  const first = await lake.rawFrom(stream.name)
  if (first === 0) return []
  return (base?.segments ?? []).filter(
    (segment) =>
      segment.view === view.name &&
      segment.viewHash === view.hash &&
      segment.ranges.some(({ from, to }) => comparePlaces(from, to) !== 0 && from.epoch < first),
  )
}
