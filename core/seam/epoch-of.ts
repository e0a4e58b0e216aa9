/**
 * Epoch index that holds an instant: the epoch is [index · epochMs, (index + 1) · epochMs), start inclusive, end exclusive.
 *
 * @param timeMs UTC milliseconds; negative times are valid
 * @param epochMs length of an epoch, a positive whole number of ms
 */
export function epochOf(timeMs: number, epochMs: number): number {
  // floor, not truncation: −1 ms lies in the epoch that ends at 0
  return Math.floor(timeMs / epochMs)
}
