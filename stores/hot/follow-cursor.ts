import type { HotCursor } from './hot-port.js'

/**
 * A follower's place. `fed` is its place in the feed, and what it holds there is told by generation, next and floor: the
 * log never changes, so equal ones mean equal cells, even where Redis was restored to an older state in between.
 */
export interface FollowPlace {
  readonly generation: string
  readonly fed: number
  readonly next: number
  readonly floor: number
  /** While the first fill goes on: what is left to scan. Changes made meanwhile are read from the feed afterwards. */
  readonly fill: { readonly groups: readonly string[]; readonly scan: string } | null
}

export function formatCursor(place: FollowPlace): HotCursor {
  return { token: JSON.stringify(place) }
}

/** Only this store makes cursors, so a token is trusted to be one of its own. */
export function parseCursor(cursor: HotCursor): FollowPlace {
  return JSON.parse(cursor.token) as FollowPlace
}
