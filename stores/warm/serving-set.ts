import { nameOfViewSet, readViewSet, type ViewSet, withSettingsOf } from '../../core/define/view-set.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import { viewSetOf } from '../../core/seam/view-set.js'
import type { WarmStore } from './warm-port.js'

/**
 * The definitions by which a stream is answered: those of the snapshot in force. They are today's where nothing is in
 * force, and where this version cannot compute those that are.
 *
 * @param today the view set of the pipelines that are loaded
 */
export async function servingSet(
  warm: Pick<WarmStore, 'pointer' | 'snapshot' | 'viewSet'>,
  today: ViewSet,
): Promise<ViewSet> {
  const pointer = await warm.pointer(today.stream.name)
  const snapshot = pointer === null ? null : await warm.snapshot(pointer.snapshot)
  return snapshot === null ? today : ((await setOfSnapshot(warm, today, snapshot)) ?? today)
}

/** The definitions that a snapshot was made by; null where this version cannot compute them. */
export async function setOfSnapshot(
  warm: Pick<WarmStore, 'viewSet'>,
  today: ViewSet,
  snapshot: Snapshot,
): Promise<ViewSet | null> {
  const name = viewSetOf(snapshot.views)
  if (name === nameOfViewSet(today)) return today
  const stored = await warm.viewSet(name)
  const set = stored === null ? null : readViewSet(stored.definitions)
  return set === null || set.stream.name !== today.stream.name ? null : withSettingsOf(set, today.stream)
}
