/**
 * Start of the tumbling window that holds an event time: the window is [start, start + sizeMs), start inclusive, end
 * exclusive. Milliseconds since 1970-01-01 UTC; negative times are valid.
 */
export function windowStart(eventTimeMs: number, sizeMs: number): number {
  // floor, not truncation: -1 ms lies in the window that ends at 0. `+ 0` keeps -0 out of keys
  return Math.floor(eventTimeMs / sizeMs) * sizeMs + 0
}
