import { type DeadLetter, deadLetterKey, parseDeadLetter } from './dead-letter.js'

/** What became of a dead letter. */
export const LETTER_STATES = ['open', 'replayed', 'dropped'] as const
export type LetterState = (typeof LETTER_STATES)[number]

/** Says in the dead-letter topic, under the letter's own key, what became of it. Nothing is ever said twice. */
export interface LetterOutcome {
  readonly kind: 'outcome'
  /** Key of the letter, `topic/partition/offset`. */
  readonly of: string
  readonly outcome: Exclude<LetterState, 'open'>
  /** UTC ms. */
  readonly atMs: number
  /** Why it was dropped, or what was patched; null: nobody said. */
  readonly why: string | null
}

/** What lies in a dead-letter topic. @throws where the text is neither */
export function parseLetterRecord(text: string): DeadLetter | LetterOutcome {
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed === 'object' && parsed !== null && 'kind' in parsed && parsed.kind === 'outcome') {
    const { of, outcome } = parsed as Partial<LetterOutcome>
    if (typeof of !== 'string' || (outcome !== 'replayed' && outcome !== 'dropped')) {
      throw new Error('an outcome must name its letter and say "replayed" or "dropped"')
    }
    return parsed as LetterOutcome
  }
  return parseDeadLetter(text)
}

/** Which letters are meant; what is absent does not restrict. */
export interface LetterFilter {
  readonly reason?: string
  /** Path of the offending field, as the letter says it. */
  readonly field?: string
  readonly partition?: number
  readonly state?: LetterState
  /** Inclusive. */
  readonly from?: LetterPlace
  /** Exclusive. */
  readonly to?: LetterPlace
}

/** An offset of the record, or its broker append time in UTC ms. */
export type LetterPlace = { readonly offset: number } | { readonly timeMs: number }

/** @returns null where the text is neither a whole number (an offset) nor an ISO 8601 instant */
export function parseLetterPlace(text: string): LetterPlace | null {
  if (/^\d+$/.test(text)) return { offset: Number(text) }
  const timeMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(timeMs) ? null : { timeMs }
}

type Fields = Pick<DeadLetter, 'reason' | 'field' | 'partition' | 'offset' | 'timeMs'>

export function matchesLetter(letter: Fields, state: LetterState, filter: LetterFilter): boolean {
  const { reason, field, partition, from, to } = filter
  return (
    (reason === undefined || letter.reason === reason) &&
    (field === undefined || letter.field === field) &&
    (partition === undefined || letter.partition === partition) &&
    (filter.state === undefined || state === filter.state) &&
    (from === undefined || compare(letter, from) >= 0) &&
    (to === undefined || compare(letter, to) < 0)
  )
}

function compare({ offset, timeMs }: Fields, place: LetterPlace): number {
  return 'offset' in place ? offset - place.offset : timeMs - place.timeMs
}

/** Letters of one reason, by what became of them. */
export interface LetterCount {
  readonly reason: string
  readonly open: number
  readonly replayed: number
  readonly dropped: number
}

/**
 * A dead-letter topic as read: every letter once, however often it was written, and what became of it. What is kept of a
 * letter is given by `keep`, so that large topics need not lie in memory.
 */
export class LetterBook<T extends Fields> {
  readonly #letters = new Map<string, T>()
  readonly #outcomes = new Map<string, LetterOutcome>()

  constructor(private readonly keep: (letter: DeadLetter) => T) {}

  /** @throws where the text is no letter and no outcome */
  add(text: string): void {
    const record = parseLetterRecord(text)
    if ('kind' in record) {
      if (!this.#outcomes.has(record.of)) this.#outcomes.set(record.of, record)
    } else {
      const key = deadLetterKey(record)
      if (!this.#letters.has(key)) this.#letters.set(key, this.keep(record))
    }
  }

  state(key: string): LetterState {
    return this.#outcomes.get(key)?.outcome ?? 'open'
  }

  outcome(key: string): LetterOutcome | null {
    return this.#outcomes.get(key) ?? null
  }

  get(key: string): T | undefined {
    return this.#letters.get(key)
  }

  /** Letters that the filter takes, by key. */
  *where(filter: LetterFilter): Generator<readonly [key: string, letter: T]> {
    for (const [key, letter] of this.#letters) if (matchesLetter(letter, this.state(key), filter)) yield [key, letter]
  }

  /** By reason ascending. */
  counts(filter: LetterFilter = {}): readonly LetterCount[] {
    const counts = new Map<string, { open: number; replayed: number; dropped: number }>()
    for (const [key, { reason }] of this.where(filter)) {
      const count = counts.get(reason) ?? { open: 0, replayed: 0, dropped: 0 }
      count[this.state(key)]++
      counts.set(reason, count)
    }
    return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, count]) => ({ reason, ...count }))
  }
}
