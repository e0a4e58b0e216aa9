import { createHash } from 'node:crypto'
import type { EncodedCell } from '../../core/cell/cell.js'
import { windowOfKey } from '../../core/cell/cell-key.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { replaceSegments, type Snapshot } from '../../core/seam/index.js'
import { dayNumber } from '../../core/time/day-number.js'
import type { WarmStore } from '../../stores/warm/index.js'
import { currentSnapshot } from '../publish/current-snapshot.js'

/**
 * Puts other numbers in force for a view's segments, as a fault in the code that computed them would have: the same
 * ranges under other ids, without their last rows.
 */
export async function falsify(warm: WarmStore, stream: string, view: ViewDefinition, nowMs: number): Promise<Snapshot> {
  const base = await currentSnapshot(warm, stream)
  if (base === null) throw new Error(`stream "${stream}" has nothing in force`)
  const wrong = []
  for (const segment of base.segments.filter((one) => one.view === view.name && one.cells > 0)) {
    const cells = (await warm.cells(segment.id)).slice(0, -1)
    const checksum = sha256(JSON.stringify(cells))
    wrong.push(
      await warm.putSegment(
        {
          ...segment,
          id: sha256(`${segment.id} ${nowMs}`).slice(0, 32),
          cells: cells.length,
          days: daysOf(cells),
          checksum,
        },
        cells,
      ),
    )
  }
  const snapshot = replaceSegments(base, wrong, nowMs)
  await warm.publish(snapshot)
  return snapshot
}

function daysOf(cells: readonly EncodedCell[]): readonly number[] {
  return [...new Set(cells.map(({ key }) => dayNumber(windowOfKey(key))))].sort((a, b) => a - b)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
