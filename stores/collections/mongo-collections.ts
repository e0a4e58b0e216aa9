import type { Collection } from 'mongodb'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { MongoConnection } from '../connections.js'
import { parseDocument } from '../warm/documents.js'
import { connectMongo, type MongoDatabase } from '../warm/mongo-connection.js'
import { compileWarmOptions, type WarmOptions } from '../warm/warm-options.js'
import { type Doc, ignoreDuplicates, insertOnce } from '../warm/write-once.js'
import type {
  CollectionPointer,
  CollectionStore,
  DocumentWrite,
  FeedPosition,
  Generation,
  GenerationFacts,
  ListQuery,
  NearDocument,
  NearQuery,
  NewGeneration,
  StoredDocument,
} from './collection-port.js'
import { boxAround, distanceKm, radiiUpTo } from './distance.js'
import {
  generationDocument,
  placedDocument,
  pointerDocument,
  positionDocument,
  storedDocument,
} from './generation-documents.js'
import { mongoFilter } from './mongo-filter.js'
import { insertNew, replaceOlder } from './write-documents.js'

const WRITES_AT_ONCE = 500
/** Neither removed nor the trace of a removal. */
const PRESENT = { removedAtMs: null }

/** @throws WarmUnavailableError where MongoDB does not answer after the options' attempts */
export async function openCollections(
  connection: MongoConnection,
  options: WarmOptions = {},
): Promise<CollectionStore> {
  return new MongoCollections(await connectMongo(connection, compileWarmOptions(options)))
}

/**
 * MongoDB collections: `collection_pointers`, `collection_generations`, `collection_positions`, and `docs-<collection>-
 * <generation>` per generation: `_id`, `version`, `value`, and where it is on a map `lat`, `lon` and `location` (GeoJSON).
 */
class MongoCollections implements CollectionStore {
  constructor(private readonly mongo: MongoDatabase) {}

  async openGeneration(collection: CollectionDefinition, generation: NewGeneration): Promise<Generation> {
    const wanted: Generation = {
      collection: collection.name,
      hash: collection.hash,
      status: 'writing',
      completedAtMs: null,
      loaded: 0,
      rejected: 0,
      checksum: null,
      ...generation,
    }
    return this.mongo.run(async () => {
      const documents = this.#documents(collection.name, generation.name)
      if (collection.place !== null) await documents.createIndex({ lat: 1, lon: 1 })
      await insertOnce(this.#named('collection_generations'), {
        _id: `${collection.name}/${generation.name}`,
        ...wanted,
      })
      return (await this.generation(collection.name, generation.name)) ?? wanted
    })
  }

  async generation(collection: string, name: string): Promise<Generation | null> {
    const _id = `${collection}/${name}`
    const found = await this.mongo.run(() => this.#named('collection_generations').findOne({ _id }))
    return found === null ? null : parseDocument('collection_generations', generationDocument, found)
  }

  async generations(collection: string): Promise<readonly Generation[]> {
    const found = await this.mongo.run(() =>
      this.#named('collection_generations').find({ collection }).sort({ createdAtMs: -1, _id: -1 }).toArray(),
    )
    return found.map((one) => parseDocument('collection_generations', generationDocument, one))
  }

  async put(
    collection: CollectionDefinition,
    generation: string,
    documents: readonly DocumentWrite[],
    expectNew = false,
  ): Promise<void> {
    // The highest version of each id, as the order within one unordered request is not certain.
    const highest = new Map<string, DocumentWrite>()
    for (const document of documents) {
      const held = highest.get(document.id)
      if (held === undefined || held.version <= document.version) highest.set(document.id, document)
    }
    const writes = [...highest.values()]
    for (let i = 0; i < writes.length; i += WRITES_AT_ONCE) {
      const some = writes.slice(i, i + WRITES_AT_ONCE)
      await this.mongo.run(async () => {
        const documents = this.#documents(collection.name, generation)
        const left = expectNew ? await insertNew(documents, collection, some) : some
        if (left.length > 0) await replaceOlder(documents, collection, left)
      })
    }
  }

  async complete(collection: string, generation: string, facts: GenerationFacts): Promise<Generation> {
    await this.mongo.run(() =>
      this.#named('collection_generations').updateOne(
        { _id: `${collection}/${generation}`, status: 'writing' },
        { $set: { ...facts, status: 'complete' } },
      ),
    )
    const found = await this.generation(collection, generation)
    if (found === null) throw new Error(`collection "${collection}" has no generation ${generation} to complete`)
    return found
  }

  async pointer(collection: string): Promise<CollectionPointer | null> {
    const found = await this.mongo.run(() => this.#named('collection_pointers').findOne({ _id: collection }))
    return found === null ? null : parseDocument('collection_pointers', pointerDocument, found)
  }

  async switchTo(
    collection: string,
    generation: string,
    base: CollectionPointer | null,
    switchedAtMs: number,
  ): Promise<boolean> {
    const pointer = { collection, generation, previous: base?.generation ?? null, switchedAtMs }
    return this.mongo.run(async () => {
      const pointers = this.#named('collection_pointers')
      if (base === null) return insertOnce(pointers, { _id: collection, ...pointer, sequence: 1 })
      const { matchedCount } = await pointers.updateOne(
        { _id: collection, generation: base.generation, sequence: base.sequence },
        { $set: { ...pointer, sequence: base.sequence + 1 } },
      )
      return matchedCount === 1
    })
  }

  async drop(collection: string, generation: string): Promise<void> {
    await this.mongo.run(async () => {
      await this.#documents(collection, generation).drop()
      await this.#named('collection_positions').deleteMany({ generation: `${collection}/${generation}` })
      await this.#named('collection_generations').deleteOne({ _id: `${collection}/${generation}` })
    })
  }

  async get(collection: string, generation: string, id: string): Promise<StoredDocument | null> {
    const found = await this.mongo.run(() => this.#documents(collection, generation).findOne({ _id: id, ...PRESENT }))
    return found === null ? null : shown(found)
  }

  async list(
    collection: string,
    generation: string,
    { filters, limit, after }: ListQuery,
  ): Promise<readonly StoredDocument[]> {
    const filter = { ...PRESENT, ...(after === null ? {} : { _id: { $gt: after } }), ...mongoFilter(filters) }
    const found = await this.mongo.run(() =>
      this.#documents(collection, generation).find(filter).sort({ _id: 1 }).limit(limit).toArray(),
    )
    return found.map(shown)
  }

  async near(collection: CollectionDefinition, generation: string, query: NearQuery): Promise<readonly NearDocument[]> {
    const { filters, limit } = query
    let nearest: { id: string; km: number }[] = []
    for (const radius of radiiUpTo(query.km)) {
      const box = boxAround(query, radius)
      const [lon, further] = box.lon
      // The ranges stand at the top, where the index is found, and not within `$and`.
      const within = {
        ...PRESENT,
        lat: { $gte: box.lat[0], $lte: box.lat[1] },
        ...(further === undefined && lon !== undefined ? { lon: { $gte: lon[0], $lte: lon[1] } } : {}),
        ...mongoFilter(filters),
      }
      const found = await this.mongo.run(() =>
        this.#documents(collection.name, generation).find(within).project({ _id: 1, lat: 1, lon: 1 }).toArray(),
      )
      nearest = found
        .map((one) => parseDocument('documents', placedDocument, one))
        .map(({ _id, ...point }) => ({ id: _id, km: distanceKm(query, point) }))
        .filter(({ km }) => km <= radius)
        .sort((a, b) => a.km - b.km || (a.id < b.id ? -1 : 1))
        .slice(0, limit)
      if (nearest.length === limit) break
    }
    const values = await this.#values(
      collection.name,
      generation,
      nearest.map(({ id }) => id),
    )
    return nearest.flatMap(({ id, km }) => {
      const value = values.get(id)
      return value === undefined ? [] : [{ id, value, km }] // removed between the two reads
    })
  }

  async *documents(collection: string, generation: string): AsyncGenerator<StoredDocument> {
    const cursor = this.#documents(collection, generation).find(PRESENT).sort({ _id: 1 })
    try {
      for (;;) {
        const next = await this.mongo.run(() => cursor.next())
        if (next === null) return
        yield shown(next)
      }
    } finally {
      await cursor.close()
    }
  }

  async positions(collection: string, generation: string): Promise<ReadonlyMap<number, FeedPosition>> {
    const found = await this.mongo.run(() =>
      this.#named('collection_positions')
        .find({ generation: `${collection}/${generation}` })
        .toArray(),
    )
    const positions = found.map((one) => parseDocument('collection_positions', positionDocument, one))
    return new Map(positions.map(({ partition, next, timeMs }) => [partition, { next, timeMs }]))
  }

  async setPosition(
    collection: string,
    generation: string,
    partition: number,
    { next, timeMs }: FeedPosition,
  ): Promise<void> {
    const of = `${collection}/${generation}`
    const replacement = { generation: of, partition, next, timeMs }
    const filter = { _id: `${of}/${partition}`, next: { $lt: next } }
    await this.mongo.run(() =>
      this.#named('collection_positions')
        .bulkWrite([{ replaceOne: { filter, replacement, upsert: true } }])
        .catch(ignoreDuplicates),
    )
  }

  async sweepRemoved(collection: string, generation: string, beforeMs: number): Promise<number> {
    const filter = { removedAtMs: { $lt: beforeMs } }
    const { deletedCount } = await this.mongo.run(() => this.#documents(collection, generation).deleteMany(filter))
    return deletedCount
  }

  async close(): Promise<void> {
    await this.mongo.close()
  }

  #named(name: string): Collection<Doc> {
    return this.mongo.db.collection<Doc>(name)
  }

  #documents(collection: string, generation: string): Collection<Doc> {
    return this.#named(`docs-${collection}-${generation}`)
  }

  async #values(
    collection: string,
    generation: string,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, StoredDocument['value']>> {
    if (ids.length === 0) return new Map()
    const found = await this.mongo.run(() =>
      this.#documents(collection, generation)
        .find({ _id: { $in: [...ids] }, ...PRESENT })
        .toArray(),
    )
    return new Map(found.map(shown).map(({ id, value }) => [id, value]))
  }
}

function shown(document: unknown): StoredDocument {
  const { _id, value } = parseDocument('documents', storedDocument, document)
  return { id: _id, value }
}
