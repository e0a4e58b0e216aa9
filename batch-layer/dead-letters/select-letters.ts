import type { LetterBook, LetterFilter } from '../../core/decode/letter-book.js'
import type { SurveyedLetter } from './survey-letters.js'

/** Letters that something is to be done with: those that a filter takes or, where they are given, these. */
export interface LetterSelection extends Omit<LetterFilter, 'state'> {
  /** `topic/partition/offset` each. */
  readonly keys?: readonly string[]
}

/** What of a selection is still open, and how many letters of it are settled. */
export interface Selected {
  readonly open: ReadonlySet<string>
  readonly settled: number
}

/** @throws Error naming a key that no letter has */
export function selectLetters(book: LetterBook<SurveyedLetter>, { keys, ...filter }: LetterSelection): Selected {
  const unknown = keys?.find((key) => book.get(key) === undefined)
  if (unknown !== undefined) throw new Error(`there is no dead letter ${unknown}`)
  const wanted = keys === undefined ? null : new Set(keys)
  const open = new Set<string>()
  let settled = 0
  for (const [key] of book.where(filter)) {
    if (wanted !== null && !wanted.has(key)) continue
    if (book.state(key) === 'open') open.add(key)
    else settled++
  }
  return { open, settled }
}
