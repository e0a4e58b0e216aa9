/** Months of Seoul as `yyyyMM`; the provider reports by them. */
const SEOUL_MS = 9 * 3_600_000

/** The month of Seoul that holds an instant. Korea keeps one offset since 1988. */
export function monthOf(timeMs: number): string {
  return monthText(monthIndex(timeMs))
}

/** `yyyyMM` so many months later (or, negative, earlier). */
export function addMonths(month: string, by: number): string {
  return monthText(Number(month.slice(0, 4)) * 12 + Number(month.slice(4)) - 1 + by)
}

/** All months from `first` to `last`, both inclusive. */
export function monthsBetween(first: string, last: string): readonly string[] {
  const months: string[] = []
  for (let month = first; month <= last; month = addMonths(month, 1)) months.push(month)
  return months
}

/** January two years before the last month that has ended by then, and that month: what a run asks for. */
export function askedMonths(scheduledMs: number): { readonly first: string; readonly last: string } {
  const last = addMonths(monthOf(scheduledMs), -1)
  return { first: `${Number(last.slice(0, 4)) - 2}01`, last }
}

function monthIndex(timeMs: number): number {
  const date = new Date(timeMs + SEOUL_MS)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

function monthText(index: number): string {
  return `${Math.floor(index / 12)}${String((index % 12) + 1).padStart(2, '0')}`
}
