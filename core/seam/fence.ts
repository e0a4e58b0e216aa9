/** What the fence looks at in the stored state of a partition. */
export interface FencedState {
  readonly generation: string
  readonly next: number
  readonly floor: number
  readonly nonce: string
}

/** What the fence looks at in a delta over [from, to). */
export interface FencedDelta {
  readonly generation: string
  readonly from: number
  /** The floor that its cells obey: their owner forgot every epoch below it. */
  readonly floor: number
  readonly nonce: string
}

/**
 * Whether a delta counts. A delta holds absolute registers of the cells it changed, so it is right only where the stored
 * cells are those that its owner had in memory at `from`. The log never changes, hence the cells of epochs at or above a
 * floor are a function of (next, floor) alone, and two conditions suffice:
 *
 * - the stored `next` is the delta's start: nothing is left out between them and nothing is counted twice;
 * - the stored floor is not below the one that the cells obey. Hot state that came back older (a restored file) may hold
 *   epochs again which the owner has forgotten; it would overwrite their cells by what it counted since. A snapshot covers
 *   these epochs, but a reader who holds an older snapshot still counts them. A stored floor above the owner's is harmless:
 *   cells below it are not written.
 *
 * The same holds for the ids of the epochs that the next record may belong to or repeat: they are a function of `next`.
 *
 * The generation is compared as well: it tells a wipe even where offsets agree. An answer's nonce that is the delta's own
 * means that this very call was applied and only its reply was lost.
 */
export function fence(stored: FencedState | null, delta: FencedDelta): 'apply' | 'already-applied' | 'refuse' {
  if (!stored || stored.generation !== delta.generation) return 'refuse'
  if (stored.nonce === delta.nonce) return 'already-applied'
  return stored.next === delta.from && stored.floor >= delta.floor ? 'apply' : 'refuse'
}
