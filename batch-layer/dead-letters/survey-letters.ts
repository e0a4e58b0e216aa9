import type { DeadLetter } from '../../core/decode/dead-letter.js'
import { deadLetterKey } from '../../core/decode/dead-letter.js'
import { LetterBook, parseLetterRecord } from '../../core/decode/letter-book.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { LogStore } from '../../stores/log/log-port.js'

/** What is kept of every letter while a topic is surveyed: the records stay in Kafka. */
export type SurveyedLetter = Pick<DeadLetter, 'reason' | 'field' | 'partition' | 'offset' | 'timeMs'>

type Log = Pick<LogStore, 'offsets' | 'readRange'>

/** Reads a stream's whole dead-letter topic, up to its end now: every letter once, and what became of it. */
export async function surveyLetters(log: Log, stream: StreamDefinition): Promise<LetterBook<SurveyedLetter>> {
  const reasons = new Map<string, string>()
  // of a million letters a few dozen reasons are kept
  const one = (text: string): string => {
    const known = reasons.get(text)
    if (known === undefined) reasons.set(text, text)
    return known ?? text
  }
  const book = new LetterBook<SurveyedLetter>(({ reason, field, partition, offset, timeMs }) => ({
    reason: one(reason),
    field: field === null ? null : one(field),
    partition,
    offset,
    timeMs,
  }))
  for await (const text of letterTexts(log, stream)) book.add(text)
  return book
}

/** The letters of these keys, each once, as they lie in the topic. */
export async function* lettersOf(
  log: Log,
  stream: StreamDefinition,
  keys: ReadonlySet<string>,
): AsyncGenerator<readonly [key: string, letter: DeadLetter]> {
  const left = new Set(keys)
  for await (const text of letterTexts(log, stream)) {
    if (left.size === 0) return
    const record = parseLetterRecord(text)
    if ('kind' in record) continue
    const key = deadLetterKey(record)
    if (left.delete(key)) yield [key, record]
  }
}

async function* letterTexts(log: Log, { dlqTopic }: StreamDefinition): AsyncGenerator<string> {
  for (const { partition, low, high } of await log.offsets(dlqTopic)) {
    if (low === high) continue
    for await (const { records } of log.readRange({ topic: dlqTopic, partition, from: low, to: high })) {
      for (const { value, tick } of records) if (!tick && value !== null) yield value.toString('utf8')
    }
  }
}
