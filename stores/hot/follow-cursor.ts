import type { HotCursor } from './hot-port.js'

/**
 * A follower's place. What it holds is told by next and floor: the log never changes, so equal ones mean equal cells, even
 * where Redis came back with an older state and went on from there.
 */
export interface FollowPlace {
  readonly generation: string
  /** Place in the feed: the cost of everything fed before. */
  readonly fed: number
  readonly next: number
  readonly floor: number
  /**
   * The furthest state of which it may hold cells: a scan sees cells as they are, which may be newer than its place. Until
   * the stored state has reached that far, what is held is no state at all; where it lies behind, Redis came back older.
   */
  readonly reach: { readonly next: number; readonly floor: number }
  /** While the first fill goes on: what is left to scan. Changes made meanwhile are read from the feed afterwards. */
  readonly fill: FillPlace | null
}

export interface FillPlace {
  /** Names of the cell hashes left, the first being scanned. */
  readonly groups: readonly string[]
  /** The engine's cursor in the first one. */
  readonly scan: string
  /** The engine's life in which the cursor means something. */
  readonly life: string
}

/** Place of a follower of a partition without hot state. */
export const NOWHERE: FollowPlace = Object.freeze({
  generation: '',
  fed: 0,
  next: 0,
  floor: 0,
  reach: { next: 0, floor: 0 },
  fill: null,
})

/** A place after a chunk of a scan that was read at another state; null where that lies behind the place: start again. */
export function reaching(
  place: FollowPlace,
  at: { readonly next: number; readonly floor: number },
): FollowPlace | null {
  if (at.next < place.next || at.floor < place.floor) return null
  return {
    ...place,
    reach: { next: Math.max(place.reach.next, at.next), floor: Math.max(place.reach.floor, at.floor) },
  }
}

/** An entry of the feed: what one call changed. */
export interface FeedStep {
  readonly place: number
  readonly from: number
  readonly next: number
  readonly floor: number
}

/** The stored state with what its feed holds: entries at `kept` and beyond. */
export interface FeedEnd {
  readonly generation: string
  readonly next: number
  readonly floor: number
  readonly fed: number
  readonly kept: number
}

/**
 * Where a follower stands after reading entries of the feed, each of which must begin where the one before ended.
 *
 * @param steps entries after the follower's place, in order; all there are, unless a reply may not hold more
 * @returns null where it must start again: entries that it lacks were trimmed away, the generation is another one, or what
 *   it holds does not lie on the stored state's history
 */
export function followFeed(
  place: FollowPlace,
  end: FeedEnd,
  steps: readonly FeedStep[],
): { place: FollowPlace; complete: boolean } | null {
  if (end.generation !== place.generation || place.fed < end.kept) return null
  let { fed, next, floor } = place
  for (const step of steps) {
    if (step.from !== next || step.floor < floor) return null
    ;({ place: fed, next, floor } = step)
  }
  if (fed !== end.fed) {
    // nothing within reach although more was fed, or less than this follower has seen
    return fed === place.fed ? null : { place: { ...place, fed, next, floor }, complete: false }
  }
  if (next !== end.next || floor !== end.floor || next < place.reach.next || floor < place.reach.floor) return null
  return { place: { ...place, fed, next, floor, reach: { next, floor } }, complete: true }
}

export function formatCursor(place: FollowPlace): HotCursor {
  return { token: JSON.stringify(place) }
}

/** Only this store makes cursors, so a token is trusted to be one of its own. */
export function parseCursor(cursor: HotCursor): FollowPlace {
  return JSON.parse(cursor.token) as FollowPlace
}
