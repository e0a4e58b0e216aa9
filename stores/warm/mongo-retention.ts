import { z } from 'zod'
import type { MongoConnection } from '../connections.js'
import { cellsName } from './cell-buckets.js'
import { heldSnapshot, parseDocument, pointer, segment, segmentBlock, segmentTiers } from './documents.js'
import { connectMongo, type MongoDatabase } from './mongo-connection.js'
import { compileWarmOptions, type WarmOptions } from './warm-options.js'
import type { CellsName, SnapshotsKept, WarmRetention } from './warm-retention.js'
import type { Doc } from './write-once.js'

/** Documents named in one request. */
const AT_ONCE = 500

const listed = z.object({ _id: z.string(), stream: z.string(), sequence: z.int(), publishedAtMs: z.int() })
const blocksOnly = z.object({ blocks: z.array(z.string()) })
const mark = z.object({ name: z.string(), sinceMs: z.int() })

/** @throws WarmUnavailableError where MongoDB does not answer after the options' attempts */
export async function openWarmRetention(
  connection: MongoConnection,
  options: WarmOptions = {},
): Promise<WarmRetention> {
  return new MongoRetention(await connectMongo(connection, compileWarmOptions(options)))
}

class MongoRetention implements WarmRetention {
  constructor(private readonly mongo: MongoDatabase) {}

  async dropSnapshots({ sinceMs, atLeast }: SnapshotsKept): Promise<number> {
    if (!(atLeast >= 1)) throw new RangeError(`SnapshotsKept.atLeast must be at least 1, got ${atLeast}`)
    const pointers = (await this.#all('pointers', {})).map((document) => parseDocument('pointers', pointer, document))
    const inForce = new Map(pointers.map(({ stream, snapshot, sequence }) => [stream, { snapshot, sequence }]))
    const projection = { stream: 1, sequence: 1, publishedAtMs: 1 } as const
    const gone: string[] = []
    for (const document of await this.#all('snapshots', { publishedAtMs: { $lt: sinceMs } }, projection)) {
      const { _id, stream, sequence } = parseDocument('snapshots', listed, document)
      const now = inForce.get(stream)
      // newer than the one in force: about to be published, or its compare-and-set was lost a moment ago
      if (now === undefined || _id === now.snapshot || sequence > now.sequence - atLeast) continue
      gone.push(_id)
    }
    await this.#removeAll('snapshots', gone)
    if (gone.length > 0) await this.#dropBlocks()
    return gone.length
  }

  async named(): Promise<ReadonlySet<CellsName>> {
    const names = new Set<CellsName>()
    for (const ids of chunks([...(await this.#blocksOfSnapshots())])) {
      for (const document of await this.#all('segment_blocks', { _id: { $in: ids } })) {
        for (const one of parseDocument('segment_blocks', segmentBlock, document).segments) names.add(cellsName(one))
      }
    }
    const waiting = await this.#all('held', { state: 'held' })
    const held = waiting.flatMap((document) => parseDocument('held', heldSnapshot, document).segments)
    for (const ids of chunks([...new Set(held)])) {
      for (const document of await this.#all('segments', { _id: { $in: ids } })) {
        names.add(cellsName(parseDocument('segments', segment, document)))
      }
    }
    return names
  }

  async *stored(): AsyncGenerator<CellsName> {
    const names = new Set<CellsName>()
    for await (const id of this.#bucketIds()) names.add(nameOfBucket(id))
    // segments without cells have a descriptor alone
    for (const document of await this.#all('segments', { cells: 0 })) {
      names.add(cellsName(parseDocument('segments', segment, document)))
    }
    // and those whose cells all went to the cold copy have that alone
    for (const { _id } of await this.#all('segment_tiers', {}, { _id: 1 })) names.add(_id)
    yield* names
  }

  async coldFiles(): Promise<ReadonlySet<string>> {
    const documents = await this.#all('segment_tiers', {})
    return new Set(documents.map((document) => parseDocument('segment_tiers', segmentTiers, document).cold.file))
  }

  async remove(names: readonly CellsName[]): Promise<void> {
    const gone = new Set(names)
    for (const ids of chunks([...new Set(names.map((name) => name.split('.')[0] as string))])) {
      // a descriptor of another attempt than the one whose cells are removed stays
      const descriptors = (await this.#all('segments', { _id: { $in: ids } })).map((document) =>
        parseDocument('segments', segment, document),
      )
      await this.#removeAll(
        'segments',
        descriptors.filter((descriptor) => gone.has(cellsName(descriptor))).map(({ id }) => id),
      )
    }
    await this.#removeAll('segment_tiers', names)
    const buckets: string[] = []
    for await (const id of this.#bucketIds()) if (gone.has(nameOfBucket(id))) buckets.push(id)
    await this.#removeAll('buckets', buckets)
  }

  async marks(kind: string): Promise<ReadonlyMap<string, number>> {
    const documents = await this.#all('retention_marks', { kind })
    return new Map(
      documents.map((document) => {
        const { name, sinceMs } = parseDocument('retention_marks', mark, document)
        return [name, sinceMs]
      }),
    )
  }

  async putMarks(kind: string, marks: ReadonlyMap<string, number>): Promise<void> {
    const before = await this.marks(kind)
    await this.#removeAll(
      'retention_marks',
      [...before.keys()].filter((name) => !marks.has(name)).map((name) => markId(kind, name)),
    )
    for (const some of chunks([...marks].filter(([name, sinceMs]) => before.get(name) !== sinceMs))) {
      await this.mongo.run((db) =>
        db.collection<Doc>('retention_marks').bulkWrite(
          some.map(([name, sinceMs]) => {
            const _id = markId(kind, name)
            return { replaceOne: { filter: { _id }, replacement: { kind, name, sinceMs }, upsert: true } }
          }),
          { ordered: false },
        ),
      )
    }
  }

  close(): Promise<void> {
    return this.mongo.close()
  }

  async #blocksOfSnapshots(): Promise<ReadonlySet<string>> {
    const documents = await this.#all('snapshots', {}, { blocks: 1 })
    return new Set(documents.flatMap((document) => parseDocument('snapshots', blocksOnly, document).blocks))
  }

  /**
   * A publish writes its blocks before its snapshot: those that no snapshot names yet may be its. They are listed first,
   * and only what was unnamed the last time as well is removed.
   */
  async #dropBlocks(): Promise<void> {
    const before = await this.marks('block')
    const stored = (await this.#all('segment_blocks', {}, { _id: 1 })).map(({ _id }) => _id)
    const named = await this.#blocksOfSnapshots()
    const unnamed = stored.filter((id) => !named.has(id))
    await this.#removeAll(
      'segment_blocks',
      unnamed.filter((id) => before.has(id)),
    )
    await this.putMarks('block', new Map(unnamed.filter((id) => !before.has(id)).map((id) => [id, 0])))
  }

  async #removeAll(collection: string, ids: readonly string[]): Promise<void> {
    for (const some of chunks(ids))
      await this.mongo.run((db) => db.collection<Doc>(collection).deleteMany({ _id: { $in: some } }))
  }

  async *#bucketIds(): AsyncGenerator<string> {
    const documents = this.mongo.db.collection<Doc>('buckets').find({}, { projection: { _id: 1 } })
    for await (const { _id } of documents) yield _id
  }

  #all(collection: string, filter: object, projection?: Record<string, 1>): Promise<Doc[]> {
    return this.mongo.run((db) =>
      db
        .collection<Doc>(collection)
        .find(filter, projection === undefined ? {} : { projection })
        .toArray(),
    )
  }
}

function nameOfBucket(id: string): CellsName {
  return id.split('.', 2).join('.')
}

function markId(kind: string, name: string): string {
  return `${kind} ${name}`
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / AT_ONCE) }, (_, i) =>
    items.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  )
}
