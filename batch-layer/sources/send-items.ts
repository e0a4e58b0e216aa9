import { definitionHash } from '../../core/define/definition-hash.js'
import type { SourceDefinition, SourceItem } from '../../core/define/source-definition.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { LostRangeError } from '../../stores/log/log-port.js'
import type { RememberedItem, SendIntent } from '../../stores/warm/source-states.js'
import type { SourceDeps, SourceRunOptions } from './source-deps.js'

/** Sent together, and remembered together. */
const BATCH = { items: 500, characters: 2_000_000 } as const

/**
 * Sends the items that are new or changed since they were sent last, keyed by their ids. What is about to be sent is
 * written down before: a run that is killed between the two is put right by the next one, which looks into the log.
 */
export async function sendItems(
  deps: SourceDeps,
  source: SourceDefinition,
  stream: StreamDefinition,
  items: readonly SourceItem[],
  { signal, progress }: Pick<SourceRunOptions, 'signal' | 'progress'>,
): Promise<{ readonly sent: number; readonly unchanged: number }> {
  await settle(deps, source, stream)
  let sent = 0
  let done = 0
  for (const batch of batches(items)) {
    signal?.throwIfAborted()
    const known = await deps.states.items(
      source.name,
      batch.map(({ id }) => id),
    )
    const records: { key: string; value: string }[] = []
    const changed: RememberedItem[] = []
    for (const { id, value } of batch) {
      const before = known.get(id)
      const old: unknown = before === undefined ? undefined : JSON.parse(before)
      if (before !== undefined && isSame(source, old, value)) continue
      changed.push({ id, text: JSON.stringify(value) })
      for (const revised of before === undefined ? [value] : source.revise(old, value))
        records.push({ key: id, value: JSON.stringify(revised) })
    }
    if (changed.length > 0) {
      const ends = await deps.log.offsets(stream.topic)
      const from = ends.map(({ partition, high }) => ({ partition, offset: high }))
      await deps.states.putIntent(source.name, { from, records, items: changed })
      await deps.log.produce(stream.topic, records)
      await deps.states.settleIntent(source.name)
    }
    sent += changed.length
    done += batch.length
    progress?.({ source: source.name, items: done, sent })
  }
  return { sent, unchanged: items.length - sent }
}

function isSame(source: SourceDefinition, before: unknown, after: unknown): boolean {
  // as it will be remembered: without what JSON does not keep
  const plain: unknown = JSON.parse(JSON.stringify(after))
  return definitionHash(source.same(before)) === definitionHash(source.same(plain))
}

/** Sends what a killed run had written down and not sent. */
async function settle(deps: SourceDeps, source: SourceDefinition, stream: StreamDefinition): Promise<void> {
  const intent = await deps.states.intent(source.name)
  if (intent === null) return
  const sent = await sentSince(deps, stream.topic, intent)
  const missing = intent.records.filter((record) => !sent.has(textOf(record.key, record.value)))
  deps.logger.warn(
    { source: source.name, records: intent.records.length, missing: missing.length },
    'an earlier run was cut short while it sent: the rest is sent now',
  )
  if (missing.length > 0) await deps.log.produce(stream.topic, missing)
  await deps.states.settleIntent(source.name)
}

/** The records of the intent that the log holds behind where it ended before. */
async function sentSince({ log }: SourceDeps, topic: string, intent: SendIntent): Promise<ReadonlySet<string>> {
  const wanted = new Set(intent.records.map(({ key, value }) => textOf(key, value)))
  const before = new Map(intent.from.map(({ partition, offset }) => [partition, offset]))
  const found = new Set<string>()
  for (const { partition, low, high } of await log.offsets(topic)) {
    let from = Math.max(before.get(partition) ?? low, low)
    while (from < high) {
      try {
        for await (const batch of log.readRange({ topic, partition, from, to: high })) {
          for (const { key, value } of batch.records) {
            const text = textOf(key?.toString('utf8') ?? '', value?.toString('utf8') ?? '')
            if (wanted.has(text)) found.add(text)
          }
        }
        break
      } catch (error) {
        // deleted meanwhile by the topic's retention
        if (!(error instanceof LostRangeError)) throw error
        from = error.to
      }
    }
  }
  return found
}

function* batches(items: readonly SourceItem[]): Generator<readonly SourceItem[]> {
  let batch: SourceItem[] = []
  let characters = 0
  for (const item of items) {
    const size = JSON.stringify(item.value).length
    if (batch.length >= BATCH.items || (batch.length > 0 && characters + size > BATCH.characters)) {
      yield batch
      batch = []
      characters = 0
    }
    batch.push(item)
    characters += size
  }
  if (batch.length > 0) yield batch
}

const textOf = (key: string, value: string): string => `${key}\0${value}`
