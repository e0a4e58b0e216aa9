const DAY_MS = 86_400_000

/** UTC day of an instant as the number yyyymmdd. */
export function utcDay(timeMs: number): number {
  const date = new Date(timeMs)
  return date.getUTCFullYear() * 10_000 + (date.getUTCMonth() + 1) * 100 + date.getUTCDate()
}

/** UTC days that [fromMs, toMs) touches, ascending. */
export function utcDays(fromMs: number, toMs: number): readonly number[] {
  const days: number[] = []
  for (let at = Math.floor(fromMs / DAY_MS) * DAY_MS; at < toMs; at += DAY_MS) days.push(utcDay(at))
  return days
}

/** Start of a day given as yyyymmdd, UTC ms. */
export function utcDayStart(day: number): number {
  return Date.UTC(Math.floor(day / 10_000), (Math.floor(day / 100) % 100) - 1, day % 100)
}
