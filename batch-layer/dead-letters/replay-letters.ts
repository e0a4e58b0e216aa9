import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { DeadLetter } from '../../core/decode/dead-letter.js'
import { PatchError } from '../../core/decode/json-path.js'
import { applyPatches, type Patch } from '../../core/decode/patch.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ProduceRecord } from '../../stores/log/index.js'
import { type LetterDeps, lettersName, outcomeRecord } from './letter-deps.js'
import { valueOfLetter } from './record-of-letter.js'
import { type LetterSelection, selectLetters } from './select-letters.js'
import { lettersOf, surveyLetters } from './survey-letters.js'

/** Header of a replayed record: the key of its letter. */
export const REPLAY_HEADER = 'tandem-replay-of'

export interface ReplayOptions {
  /** Applied in order to every record; none: records are sent as they were. */
  readonly patches: readonly Patch[]
  /** Said with the outcome, for people. */
  readonly why: string | null
  readonly dryRun: boolean
}

/** A letter and what would be, or was, sent for it. */
export interface ReplaySample {
  readonly id: string
  /** The record as it was refused, at most 1,000 characters; null: none, or no text. */
  readonly before: string | null
  readonly after: string | null
  /** `sent` (or, in a dry run, to be sent), or why it is not. */
  readonly verdict: string
}

/** selected = replayed + refused + unpatched + unavailable (in a dry run: `replayed` counts what would be sent). */
export interface ReplayReport {
  readonly stream: string
  /** Open letters that were selected. */
  readonly selected: number
  readonly replayed: number
  /** Not sent, as the decoder would refuse them again. */
  readonly refused: number
  /** Not sent, as the patch does not fit them. */
  readonly unpatched: number
  /** Not sent, as the letter holds only the record's head, and the record lies neither in the topic nor in the lake. */
  readonly unavailable: number
  /** Selected letters that had been replayed or dropped before. */
  readonly already: number
  /** Why records were not sent. */
  readonly reasons: Readonly<Record<string, number>>
  readonly samples: readonly ReplaySample[]
  readonly dryRun: boolean
}

/** Records and bytes of one transaction. */
const BATCH = { records: 500, bytes: 4 * 1024 * 1024 } as const
const SAMPLES = 20
const SAMPLE_TEXT = 1_000

/**
 * Sends the records of open letters once more, patched. A record and the outcome of its letter become visible in one
 * transaction, written by the newest holder of the stream's name alone, which has read all outcomes before: so no letter
 * is replayed twice, whoever is killed when. The refused record stays counted as rejected in its epoch; the replayed one
 * is a new record.
 */
export async function replayLetters(
  deps: LetterDeps,
  stream: StreamDefinition,
  selection: LetterSelection,
  { patches, why, dryRun }: ReplayOptions,
): Promise<ReplayReport> {
  const producer = dryRun ? null : await deps.openExclusive(lettersName(stream.name))
  const decoder = compileDecoder(stream)
  const counts = { replayed: 0, refused: 0, unpatched: 0, unavailable: 0 }
  const reasons: Record<string, number> = {}
  const samples: ReplaySample[] = []
  let records: ProduceRecord[] = []
  let outcomes: ProduceRecord[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (records.length === 0) return
    await producer?.write([
      { topic: stream.topic, records },
      { topic: stream.dlqTopic, records: outcomes },
    ])
    counts.replayed += records.length
    records = []
    outcomes = []
    bytes = 0
  }
  try {
    const { open, settled } = selectLetters(await surveyLetters(deps.log, stream), selection)
    for await (const [key, letter] of lettersOf(deps.log, stream, open)) {
      const before = await valueOfLetter(deps, stream, letter)
      const patched = before === undefined ? UNAVAILABLE : patch(before, patches)
      const verdict = 'value' in patched ? judge(patched.value) : patched
      if (samples.length < SAMPLES) {
        const after = 'value' in patched ? shown(patched.value) : null
        samples.push({
          id: key,
          before: shown(before ?? null),
          after,
          verdict: verdict === null ? 'sent' : verdict.reason,
        })
      }
      if (verdict !== null || !('value' in patched)) {
        const { kind, reason } = verdict ?? UNAVAILABLE
        counts[kind]++
        reasons[reason] = (reasons[reason] ?? 0) + 1
        continue
      }
      records.push(recordFor(key, letter, patched.value))
      outcomes.push(outcomeRecord({ of: key, outcome: 'replayed', atMs: deps.clock.now(), why }))
      bytes += patched.value?.length ?? 0
      if (records.length >= BATCH.records || bytes >= BATCH.bytes) await flush()
    }
    await flush()
    return { stream: stream.name, selected: open.size, ...counts, already: settled, reasons, samples, dryRun }
  } finally {
    await producer?.close()
  }

  /** Null where the decoder accepts the record now. */
  function judge(value: Buffer | null): NotSent | null {
    const decoded = decoder.decode(value, deps.clock.now())
    return decoded.ok ? null : { kind: 'refused', reason: decoded.reason }
  }
}

interface NotSent {
  readonly kind: 'refused' | 'unpatched' | 'unavailable'
  readonly reason: string
}

const UNAVAILABLE: NotSent = {
  kind: 'unavailable',
  reason: 'the letter holds only the first 64 KB, and the record is gone from the topic and not in the lake',
}

function patch(before: Buffer | null, patches: readonly Patch[]): { readonly value: Buffer | null } | NotSent {
  if (patches.length === 0) return { value: before }
  try {
    return { value: Buffer.from(JSON.stringify(applyPatches(parsed(before), patches))) }
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    return { kind: 'unpatched', reason: error.message }
  }
}

/** Undefined where the record is no JSON. */
function parsed(value: Buffer | null): unknown {
  try {
    return value === null ? undefined : (JSON.parse(value.toString('utf8')) as unknown)
  } catch {
    // what it was refused for: only the whole of it can then be set
    return undefined
  }
}

/** Into the partition that it came from, where the records of its key lie. */
function recordFor(key: string, letter: DeadLetter, value: Buffer | null): ProduceRecord {
  return { key: letter.key, value, partition: letter.partition, headers: { [REPLAY_HEADER]: key } }
}

function shown(value: Buffer | null): string | null {
  return value === null
    ? null
    : value
        .subarray(0, 4 * SAMPLE_TEXT)
        .toString('utf8')
        .slice(0, SAMPLE_TEXT)
}
