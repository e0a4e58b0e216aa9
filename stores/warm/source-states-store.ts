import type { AnyBulkWriteOperation, Collection } from 'mongodb'
import { z } from 'zod'
import type { MongoConnection } from '../connections.js'
import { parseDocument } from './documents.js'
import { connectMongo, type MongoDatabase } from './mongo-connection.js'
import type { SendIntent, SourceState, SourceStates } from './source-states.js'
import { compileWarmOptions, type WarmOptions } from './warm-options.js'
import { type Doc, insertOnce } from './write-once.js'

const at = { run: z.string(), scheduledMs: z.int() }
const stateDocument = z.object({
  source: z.string(),
  /** JSON text: keys of a cursor may hold what MongoDB's may not. */
  cursor: z.string(),
  good: z.array(z.object({ ...at, landing: z.string() })),
  open: z.object({ ...at, goOnUntilMs: z.int(), cursor: z.string() }).nullable(),
})
const itemDocument = z.object({ id: z.string(), text: z.string() })
const holdDocument = z.object({ run: z.string(), untilMs: z.int() })
const quotaDocument = z.object({ used: z.int() })
const intentDocument = z.object({
  from: z.array(z.object({ partition: z.int(), offset: z.int() })),
  records: z.array(z.object({ key: z.string(), value: z.string() })),
  items: z.array(itemDocument),
}) satisfies z.ZodType<SendIntent>

/** Attempts at a compare-and-set that other runs make too. */
const MAX_ATTEMPTS = 20

/** @throws WarmUnavailableError where MongoDB does not answer after the options' attempts */
export async function openSourceStates(connection: MongoConnection, options: WarmOptions = {}): Promise<SourceStates> {
  return new MongoSourceStates(await connectMongo(connection, compileWarmOptions(options)))
}

/** Collections: `source_states`, `source_holds` (who works on it), `source_quota` (per day), `source_items` (as they were sent), `source_intents`. */
class MongoSourceStates implements SourceStates {
  constructor(private readonly mongo: MongoDatabase) {}

  async state(source: string): Promise<SourceState> {
    const found = await this.mongo.run(() => this.#collection('source_states').findOne({ _id: source }))
    if (found === null) return { source, cursor: null, good: [], open: null }
    const { cursor, open, ...rest } = parseDocument('source_states', stateDocument, found)
    return {
      ...rest,
      cursor: JSON.parse(cursor),
      open: open === null ? null : { ...open, cursor: JSON.parse(open.cursor) },
    }
  }

  async putState({ cursor, open, ...state }: SourceState): Promise<void> {
    const document = {
      ...state,
      cursor: JSON.stringify(cursor ?? null),
      open: open === null ? null : { ...open, cursor: JSON.stringify(open.cursor ?? null) },
    }
    await this.#replace('source_states', state.source, document)
  }

  async hold(
    source: string,
    run: string,
    { nowMs, untilMs }: { readonly nowMs: number; readonly untilMs: number },
  ): Promise<string> {
    return this.mongo.run(async () => {
      const holds = this.#collection('source_holds')
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        if (await insertOnce(holds, { _id: source, run, untilMs })) return run
        const found = await holds.findOne({ _id: source })
        if (found === null) continue
        const held = parseDocument('source_holds', holdDocument, found)
        if (held.run !== run && held.untilMs > nowMs) return held.run
        const { matchedCount } = await holds.updateOne({ _id: source, ...held }, { $set: { run, untilMs } })
        if (matchedCount === 1) return run
      }
      throw new Error(`source "${source}": others begin and end their runs without end`)
    })
  }

  async release(source: string, run: string): Promise<void> {
    await this.mongo.run(() => this.#collection('source_holds').deleteOne({ _id: source, run }))
  }

  async takeQuota(source: string, day: string, wanted: number, perDay: number): Promise<number> {
    const _id = JSON.stringify([source, day])
    return this.mongo.run(async () => {
      const quotas = this.#collection('source_quota')
      await insertOnce(quotas, { _id, used: 0 })
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const { used } = parseDocument('source_quota', quotaDocument, await quotas.findOne({ _id }))
        const taken = Math.min(wanted, perDay - used)
        if (taken <= 0) return 0
        const { matchedCount } = await quotas.updateOne({ _id, used }, { $set: { used: used + taken } })
        if (matchedCount === 1) return taken
      }
      throw new Error(`source "${source}": others take its quota of ${day} without end`)
    })
  }

  async returnQuota(source: string, day: string, unused: number): Promise<void> {
    const _id = JSON.stringify([source, day])
    await this.mongo.run((db) =>
      db.collection<{ _id: string; used: number }>('source_quota').updateOne({ _id }, { $inc: { used: -unused } }),
    )
  }

  async items(source: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map()
    const wanted = ids.map((id) => JSON.stringify([source, id]))
    const found = await this.mongo.run(() =>
      this.#collection('source_items')
        .find({ _id: { $in: wanted } })
        .toArray(),
    )
    return new Map(
      found.map((document) => {
        const { id, text } = parseDocument('source_items', itemDocument, document)
        return [id, text]
      }),
    )
  }

  async intent(source: string): Promise<SendIntent | null> {
    const found = await this.mongo.run(() => this.#collection('source_intents').findOne({ _id: source }))
    return found === null ? null : parseDocument('source_intents', intentDocument, found)
  }

  async putIntent(source: string, { from, records, items }: SendIntent): Promise<void> {
    await this.#replace('source_intents', source, { from, records, items })
  }

  async settleIntent(source: string): Promise<void> {
    const intent = await this.intent(source)
    if (intent === null) return
    const operations = intent.items.map(({ id, text }): AnyBulkWriteOperation<Doc> => {
      const _id = JSON.stringify([source, id])
      return { replaceOne: { filter: { _id }, replacement: { source, id, text }, upsert: true } }
    })
    await this.mongo.run(async () => {
      if (operations.length > 0) await this.#collection('source_items').bulkWrite(operations, { ordered: false })
      // Last: what is forgotten is remembered by then.
      await this.#collection('source_intents').deleteOne({ _id: source })
    })
  }

  async close(): Promise<void> {
    await this.mongo.close()
  }

  #collection(name: string): Collection<Doc> {
    return this.mongo.db.collection<Doc>(name)
  }

  async #replace(name: string, _id: string, document: Record<string, unknown>): Promise<void> {
    await this.mongo.run(() => this.#collection(name).replaceOne({ _id }, document, { upsert: true }))
  }
}
