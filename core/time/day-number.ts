/** The UTC day of an instant as yyyymmdd. Years before 0 or after 9999 count as the first or the last day. */
export function dayNumber(ms: number): number {
  const date = new Date(ms)
  const year = date.getUTCFullYear()
  if (!(year >= 0)) return 101
  if (year > 9999) return 99_991_231
  return year * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
}
