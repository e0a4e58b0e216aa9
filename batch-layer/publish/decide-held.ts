import { replacedBy, replaceSegments, type Segment, type Snapshot } from '../../core/seam/index.js'
import type { HeldSnapshot } from '../../stores/warm/warm-port.js'
import type { BatchDeps } from '../batch-deps.js'
import { storedSegments } from '../restate/stored-segments.js'
import { publishNext } from './publish-next.js'
import { SnapshotRefusedError } from './snapshot-refused-error.js'

type DecideDeps = Pick<BatchDeps, 'warm' | 'clock' | 'logger'>

/**
 * Publishes what is held, as it was compared: built again on the snapshot in force where only other epochs changed since.
 * Repeating it changes nothing.
 *
 * @throws SnapshotRefusedError where nothing is held under the id, it was rejected, or what it replaces was replaced
 *   meanwhile, so that the comparison no longer says what would change
 */
export async function approveHeld(deps: DecideDeps, id: string): Promise<HeldSnapshot> {
  const held = await heldNamed(deps, id)
  if (held.state === 'published') return held
  if (held.state === 'rejected')
    throw new SnapshotRefusedError(`snapshot ${id} was rejected; run the restatement again`)
  const segments = await storedSegments(deps.warm, held.segments)
  const compared = await deps.warm.snapshot(held.diff.base)
  if (compared === null)
    throw new SnapshotRefusedError(
      `snapshot ${id} was compared with ${held.diff.base}, which is gone; run the restatement again`,
    )
  const published = await publishNext(deps, held.stream, async (base) => {
    if (base === null) throw new SnapshotRefusedError(`stream "${held.stream}" has no snapshot in force`)
    const inForce = new Set(base.segments.map((segment) => segment.id))
    if (segments.every((segment) => inForce.has(segment.id))) return null
    const changed = changedSince(compared, base, segments)
    if (changed !== null)
      throw new SnapshotRefusedError(
        `snapshot ${id} was compared with ${compared.id}, but ${base.id} is in force and says something else for the same epochs of view "${changed}"; reject it and run the restatement again`,
      )
    return replaceSegments(base, segments, deps.clock.now(), held.reason)
  })
  const decision = { state: 'published', decidedAtMs: deps.clock.now(), published: published?.id ?? null } as const
  return (await deps.warm.decideHeld(id, decision)) ?? held
}

/**
 * Drops what is held; its segments are swept like any that no snapshot names.
 *
 * @throws SnapshotRefusedError where nothing is held under the id, or it was published
 */
export async function rejectHeld(deps: DecideDeps, id: string): Promise<HeldSnapshot> {
  const held = await heldNamed(deps, id)
  const decision = { state: 'rejected', decidedAtMs: deps.clock.now(), published: null } as const
  const decided = held.state === 'held' ? ((await deps.warm.decideHeld(id, decision)) ?? held) : held
  if (decided.state === 'published')
    throw new SnapshotRefusedError(
      `snapshot ${id} was published as ${decided.published}; roll back to an older one instead`,
    )
  return decided
}

async function heldNamed({ warm }: DecideDeps, id: string): Promise<HeldSnapshot> {
  const held = await warm.held(id)
  if (held !== null) return held
  const waiting = await warm.heldSnapshots({ state: 'held', limit: 20 })
  const known = waiting.length === 0 ? 'none is held' : `held are ${waiting.map((one) => one.id).join(', ')}`
  throw new SnapshotRefusedError(`no snapshot ${id} is held; ${known}`)
}

/** A view of which other segments would be replaced now than were compared; null where they are the same. */
function changedSince(compared: Snapshot, base: Snapshot, segments: readonly Segment[]): string | null {
  const names = new Set(segments.map((segment) => segment.view))
  for (const name of names) {
    const mine = segments.filter((segment) => segment.view === name)
    const of = (snapshot: Snapshot) => [
      snapshot.views.find((view) => view.name === name)?.hash,
      ...replacedBy(snapshot, mine)
        .map((segment) => segment.id)
        .sort(),
    ]
    if (of(compared).join() !== of(base).join()) return name
  }
  return null
}
