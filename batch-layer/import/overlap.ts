import { windowOfKey } from '../../core/cell/cell-key.js'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import type { Snapshot } from '../../core/seam/index.js'
import { dayNumber } from '../../core/time/day-number.js'
import type { BatchDeps } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'

const DAY_MS = 86_400_000

/**
 * UTC days of an import's event range on which the stream has data of its own: a window of one of its views begins there
 * that records from Kafka are in, sealed (as the segments of the snapshot say) or still hot. Windows longer than a day
 * count for all their days. Other imports do not count.
 *
 * @returns days as numbers, yyyymmdd, ascending
 */
export async function overlappingDays(
  { hot }: Pick<BatchDeps, 'hot'>,
  plan: StreamPlan,
  { events }: ImportManifest,
  base: Snapshot | null,
): Promise<readonly number[]> {
  if (events === null) return []
  const days = new Set<number>()
  const add = (startMs: number, sizeMs: number): void => {
    const from = Math.max(startMs, startOfDay(events.fromMs))
    const to = Math.min(startMs + Math.max(sizeMs, 1), startOfDay(events.toMs) + DAY_MS)
    for (let at = startOfDay(from); at < to; at += DAY_MS) days.add(dayNumber(at))
  }
  const finest = new Map(plan.views.filter((view) => !view.ledger).map((view) => [view.name, view.windows[0] ?? 0]))
  for (const { view, imported, days: streamed } of base?.segments ?? []) {
    const sizeMs = finest.get(view)
    if (sizeMs === undefined || imported !== undefined) continue
    for (const day of streamed) add(startOfDayNumber(day), Math.max(sizeMs, DAY_MS))
  }
  for (const partition of await hot.partitions(plan.keyspace)) {
    const loaded = await hot.load(plan.keyspace, partition)
    const sealed = base?.boundary[partition]?.epoch ?? 0
    for (const { view, epoch, resolutionMs, key } of loaded?.cells ?? []) {
      if (finest.get(view) === resolutionMs && epoch >= sealed) add(windowOfKey(key), resolutionMs)
    }
  }
  return [...days].sort((a, b) => a - b)
}

/** `yyyy-MM-dd`. */
export function dayText(day: number): string {
  return new Date(startOfDayNumber(day)).toISOString().slice(0, 10)
}

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS
}

function startOfDayNumber(day: number): number {
  return Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100)
}
