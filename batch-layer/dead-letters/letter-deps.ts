import type { LetterOutcome } from '../../core/decode/letter-book.js'
import type { Clock } from '../../core/time/clock.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { ExclusiveProducer, LogStore, ProduceRecord } from '../../stores/log/index.js'

/** What replaying and dropping work with. */
export interface LetterDeps {
  readonly log: Pick<LogStore, 'offsets' | 'readRange'>
  readonly lake: Pick<LakeStore, 'manifests' | 'openScratch'>
  readonly clock: Clock
  /** Takes the name: an earlier holder can write no more, and what it wrote can be read (see `ExclusiveProducer`). */
  readonly openExclusive: (name: string) => Promise<ExclusiveProducer>
}

/** One replay or drop of a stream's letters at a time: the newest wins, and the others write nothing more. */
export function lettersName(stream: string): string {
  return `tandem-letters-${stream}`
}

/** The outcome as it is written beside its letter. */
export function outcomeRecord(outcome: Omit<LetterOutcome, 'kind'>): ProduceRecord {
  return { key: outcome.of, value: JSON.stringify({ kind: 'outcome', ...outcome } satisfies LetterOutcome) }
}
