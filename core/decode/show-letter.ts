import { type DeadLetter, deadLetterKey } from './dead-letter.js'
import type { LetterOutcome } from './letter-book.js'

/** Longest part of a refused record that a list shows. */
const SHOWN_TEXT = 2_000

/** A dead letter as API and command line show it. @param whole show all of the record that the letter holds */
export function showLetter(letter: DeadLetter, outcome: LetterOutcome | null, whole = false) {
  const { stream, topic, partition, offset, timeMs, reason, field, found, expected, key, value } = letter
  const cut = !whole && 'text' in value && value.text.length > SHOWN_TEXT
  return {
    id: deadLetterKey(letter),
    stream,
    topic,
    partition,
    offset,
    time: new Date(timeMs).toISOString(),
    reason,
    field,
    value: found,
    expected,
    key,
    record: cut ? { ...value, text: value.text.slice(0, SHOWN_TEXT), cut: true } : value,
    state: outcome?.outcome ?? 'open',
    ...(outcome === null ? {} : { stateAt: new Date(outcome.atMs).toISOString(), why: outcome.why }),
  }
}
