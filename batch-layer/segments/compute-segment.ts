import { createHash } from 'node:crypto'
import type { EncodedCell } from '../../core/cell/cell.js'
import { windowOfKey } from '../../core/cell/cell-key.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { type EpochManifest, type Segment, type SegmentRange, segmentId } from '../../core/seam/index.js'
import { dayNumber } from '../../core/time/day-number.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import { readableSteps } from './expired-raw.js'
import { rangesOfSteps, type SealedStep } from './sealed-steps.js'

/** Names of a segment before its cells are known: enough to see whether it exists already. */
export interface SegmentName {
  readonly id: string
  readonly ranges: readonly SegmentRange[]
}

export function nameSegment(view: ViewDefinition, stream: StreamDefinition, steps: readonly SealedStep[]): SegmentName {
  const ranges = rangesOfSteps(steps)
  const inputs = steps.flatMap((step) => step.partition.files.map((file) => file.sha256))
  return { id: segmentId(view.hash, stream.name, ranges, inputs), ranges }
}

/** Cells of one partition's sealed records at the view's finest window, sorted by key. */
export async function partitionCells(
  lake: LakeStore,
  view: ViewDefinition,
  stream: StreamDefinition,
  steps: readonly SealedStep[],
  partition: number,
): Promise<readonly EncodedCell[]> {
  const mine = steps.filter((step) => step.partition.partition === partition)
  const manifests = manifestsOf(await readableSteps(lake, view, stream.name, mine))
  if (!manifests.some((m) => m.partitions.some((p) => p.files.length > 0))) return []
  const resolutionMs = view.windows[0]
  if (resolutionMs === undefined) throw new Error(`view "${view.name}" has no window`)
  return lake.aggregate({ view, stream, manifests, resolutionMs })
}

/** The segment made of every partition's cells. */
export function makeSegment(
  view: ViewDefinition,
  stream: StreamDefinition,
  name: SegmentName,
  cellsByPartition: readonly (readonly EncodedCell[])[],
): { readonly segment: Segment; readonly cells: readonly EncodedCell[] } {
  const filled = cellsByPartition.filter((cells) => cells.length > 0)
  const cells = filled.length === 1 ? (filled[0] as readonly EncodedCell[]) : mergeEncoded(view, filled)
  const sorted = [...cells].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const windows = new Set<number>()
  const hash = createHash('sha256')
  for (const cell of sorted) {
    windows.add(windowOfKey(cell.key))
    hash.update(`${cell.key}\n${cell.registers}\n`)
  }
  const segment: Segment = {
    id: name.id,
    view: view.name,
    viewHash: view.hash,
    stream: stream.name,
    ranges: name.ranges,
    cells: sorted.length,
    days: [...new Set([...windows].map(dayNumber))].sort((a, b) => a - b),
    checksum: hash.digest('hex'),
  }
  return { segment, cells: sorted }
}

/** The steps' manifests, each naming only the partitions of the steps. */
export function manifestsOf(steps: readonly SealedStep[]): readonly EpochManifest[] {
  const byEpoch = new Map<number, EpochManifest>()
  for (const { manifest, partition } of steps) {
    const before = byEpoch.get(manifest.epoch)
    byEpoch.set(manifest.epoch, { ...manifest, partitions: [...(before?.partitions ?? []), partition] })
  }
  return [...byEpoch.values()]
}
