import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { type LetterDeps, lettersName, outcomeRecord } from './letter-deps.js'
import { type LetterSelection, selectLetters } from './select-letters.js'
import { surveyLetters } from './survey-letters.js'

export interface DropReport {
  readonly stream: string
  /** Open letters that were selected. */
  readonly selected: number
  readonly dropped: number
  /** Selected letters that had been replayed or dropped before. */
  readonly already: number
  readonly dryRun: boolean
}

/** Outcomes of one transaction. */
const BATCH = 500

/** Marks letters as dropped, with a reason: they stay in the topic and are never replayed. Repeating it changes nothing. */
export async function dropLetters(
  deps: LetterDeps,
  stream: StreamDefinition,
  selection: LetterSelection,
  { why, dryRun }: { readonly why: string; readonly dryRun: boolean },
): Promise<DropReport> {
  const producer = dryRun ? null : await deps.openExclusive(lettersName(stream.name))
  try {
    const { open, settled } = selectLetters(await surveyLetters(deps.log, stream), selection)
    const keys = [...open]
    for (let at = 0; producer !== null && at < keys.length; at += BATCH) {
      const atMs = deps.clock.now()
      const records = keys.slice(at, at + BATCH).map((of) => outcomeRecord({ of, outcome: 'dropped', atMs, why }))
      await producer.write([{ topic: stream.dlqTopic, records }])
    }
    return {
      stream: stream.name,
      selected: open.size,
      dropped: dryRun ? 0 : open.size,
      already: settled,
      dryRun,
    }
  } finally {
    await producer?.close()
  }
}
