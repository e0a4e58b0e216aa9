/** A histogram corrected in place by new − old; an emptied bucket is removed, as the identity has none. */
export function subtractAndAdd(
  target: Map<number, number>,
  before: ReadonlyMap<number, number>,
  next: ReadonlyMap<number, number>,
): void {
  for (const [bucket, count] of next) {
    const sum = (target.get(bucket) ?? 0) + count - (before.get(bucket) ?? 0)
    if (sum === 0) target.delete(bucket)
    else target.set(bucket, sum)
  }
  for (const [bucket, count] of before) {
    if (next.has(bucket)) continue
    const sum = (target.get(bucket) ?? 0) - count
    if (sum === 0) target.delete(bucket)
    else target.set(bucket, sum)
  }
}
