/** A month this far away or nearer tells something of a missing one. */
const NEAR_MONTHS = 3

/**
 * Fills the gaps of a monthly series, 0 and null being gaps, from the nearest months that have a value: the mean of both
 * sides, cut to a whole number; where one side is more than 3 months away the other alone; where both are, the nearer (the
 * earlier of two equally near). Null where no month has a value: there is nothing to show.
 */
export function fillGaps(months: readonly (number | null)[]): readonly number[] | null {
  if (!months.some(isKnown)) return null
  return months.map((value, at) => (isKnown(value) ? value : between(nearest(months, at, -1), nearest(months, at, 1))))
}

interface Neighbour {
  readonly value: number
  readonly monthsAway: number
}

function between(before: Neighbour | null, after: Neighbour | null): number {
  if (before === null || after === null) return (before ?? (after as Neighbour)).value
  const [beforeFar, afterFar] = [before.monthsAway > NEAR_MONTHS, after.monthsAway > NEAR_MONTHS]
  if (beforeFar && afterFar) return (after.monthsAway < before.monthsAway ? after : before).value
  if (beforeFar) return after.value
  if (afterFar) return before.value
  return Math.floor((before.value + after.value) / 2)
}

function nearest(months: readonly (number | null)[], from: number, step: 1 | -1): Neighbour | null {
  for (let at = from + step; at >= 0 && at < months.length; at += step) {
    const value = months[at]
    if (isKnown(value)) return { value, monthsAway: Math.abs(at - from) }
  }
  return null
}

function isKnown(value: number | null | undefined): value is number {
  return value !== null && value !== undefined && value !== 0
}
