import type { HotState } from './hot-port.js'

/** Whether nothing was written between two readings of a partition's state, drops apart. */
export function sameState(a: HotState, b: HotState): boolean {
  return a.generation === b.generation && a.next === b.next && a.nonce === b.nonce
}
