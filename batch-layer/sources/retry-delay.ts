/** Between two attempts at one page. */
export const RETRY = Object.freeze({
  minDelayMs: 500,
  maxDelayMs: 30_000,
  multiplier: 2,
  /** A server that wants more is left alone until the next run. */
  maxRetryAfterMs: 300_000,
})

/** Doubles with every attempt, up to the maximum; half of it is chance, so that many do not come back at once. ms */
export function retryDelayMs(attempt: number, random: () => number): number {
  const whole = Math.min(RETRY.minDelayMs * RETRY.multiplier ** (attempt - 1), RETRY.maxDelayMs)
  return Math.round(whole / 2 + (whole / 2) * random())
}

/** What a Retry-After header asks for, ms: seconds, or a date. Null where there is none that can be read. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs)
}
