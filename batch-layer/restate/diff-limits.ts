/** How much of a view a restatement may change before a person has to look. */
export interface DiffLimits {
  /** Share of the view's windows, and of any measure's total, 0 to 1. */
  of(stream: string, view: string): number
}

/** Share of changed windows from which on a restatement is held, where nothing else is said. */
export const DEFAULT_DIFF_LIMIT = 0.001

/**
 * Limits as text: one for everything, and others by the name of a view or a stream, separated by commas; each a share
 * from 0 to 1 or a percentage. The view's own comes before its stream's.
 *
 * @example compileDiffLimits('0.1%,search-demand=5%') // TANDEM_DIFF_LIMIT
 * @throws Error naming the part that is no limit
 */
export function compileDiffLimits(text: string | undefined): DiffLimits {
  let otherwise = DEFAULT_DIFF_LIMIT
  const named = new Map<string, number>()
  for (const part of (text ?? '').split(',').map((piece) => piece.trim())) {
    if (part === '') continue
    const at = part.lastIndexOf('=')
    const limit = shareOf(part.slice(at + 1).trim(), part)
    if (at < 0) otherwise = limit
    else named.set(part.slice(0, at).trim(), limit)
  }
  return { of: (stream, view) => named.get(view) ?? named.get(stream) ?? otherwise }
}

function shareOf(text: string, part: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text)
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1)
  if (!(share >= 0 && share <= 1))
    throw new Error(`diff limit "${part}": expected a share from 0 to 1 or a percentage such as 0.1%`)
  return share
}
