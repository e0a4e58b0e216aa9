import { UserError } from './user-error.js'

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** `90s`, `1m`, `1h`, `7d` → milliseconds. Throws `UserError` naming where the text came from. */
export function parseDuration(text: string, source: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  const ms = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (!(ms > 0)) throw new UserError(`${source} is "${text}", expected a duration such as 90s, 1m, 1h or 7d.`)
  return ms
}

/** The largest unit that says it whole: 3600000 → `1h`. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) if (ms % UNIT_MS[unit] === 0) return `${ms / UNIT_MS[unit]}${unit}`
  return `${ms}ms`
}
