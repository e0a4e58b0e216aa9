import type { Segment } from '../../core/seam/segment.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import { parseDocument, type StoredSnapshot, segmentBlock, storedSnapshot } from './documents.js'
import type { MongoDatabase } from './mongo-connection.js'
import { RecentMap } from './recent-map.js'
import { blocksOf } from './segment-blocks.js'
import type { Pointer } from './warm-port.js'
import { type Doc, ignoreDuplicates, insertOnce } from './write-once.js'

/**
 * Snapshots in MongoDB, each a list of blocks that it shares with its neighbours. What was read is kept, as it never changes;
 * that it is still there is asked for each time, as retention removes snapshots, and then the cells that they alone named.
 */
export class SnapshotDocuments {
  readonly #read = new RecentMap<string, Snapshot>(16)
  readonly #blocks = new RecentMap<string, readonly Segment[]>(4_000)
  /** Ids of the blocks of a snapshot. */
  readonly #blocksOf = new RecentMap<string, ReadonlySet<string>>(16)

  /** @param onSegment told of every segment in a snapshot that is read */
  constructor(
    private readonly mongo: MongoDatabase,
    private readonly onSegment: (segment: Segment) => void,
  ) {}

  async one(id: string): Promise<Snapshot | null> {
    const known = this.#read.get(id)
    const options = known === undefined ? {} : { projection: { _id: 1 } as const }
    const document = await this.mongo.run((db) => db.collection<Doc>('snapshots').findOne({ _id: id }, options))
    if (known !== undefined) return document === null ? null : known
    return document === null ? null : this.#whole(parseDocument('snapshots', storedSnapshot, document))
  }

  /** Blocks and snapshot, blocks first: what a pointer names is whole. */
  async put(snapshot: Snapshot): Promise<void> {
    const { segments, ...rest } = snapshot
    const blocks = blocksOf(segments)
    const stored: StoredSnapshot = storedSnapshot.parse({ ...rest, blocks: blocks.map(({ _id }) => _id) })
    // the base is in force, so its blocks are there; any other may have been removed since it was last seen
    const there = snapshot.base === null ? undefined : this.#blocksOf.get(snapshot.base)
    const unwritten = blocks.filter(({ _id }) => !there?.has(_id))
    await this.mongo.run(async () => {
      if (unwritten.length > 0) {
        await this.mongo.db
          .collection<Doc>('segment_blocks')
          .insertMany(
            unwritten.map((block) => ({ ...block })),
            { ordered: false },
          )
          .catch(ignoreDuplicates)
      }
      await insertOnce(this.mongo.db.collection<Doc>('snapshots'), { _id: snapshot.id, ...stored })
    })
    for (const { _id, segments: run } of blocks) this.#blocks.set(_id, run)
    this.#blocksOf.set(snapshot.id, new Set(blocks.map(({ _id }) => _id)))
  }

  async #whole({ blocks, ...rest }: StoredSnapshot): Promise<Snapshot> {
    // Held here, as the recent ones may push each other out while more are read.
    const runs = new Map(blocks.map((id) => [id, this.#blocks.get(id)]))
    const unknown = blocks.filter((id) => runs.get(id) === undefined)
    if (unknown.length > 0) {
      const documents = await this.mongo.run(() =>
        this.mongo.db
          .collection<Doc>('segment_blocks')
          .find({ _id: { $in: unknown } })
          .toArray(),
      )
      for (const document of documents) {
        const { _id, segments } = parseDocument('segment_blocks', segmentBlock, document)
        runs.set(_id, segments)
        this.#blocks.set(_id, segments)
      }
    }
    const segments = blocks.flatMap((id) => {
      const run = runs.get(id)
      if (run === undefined)
        throw new Error(`snapshot ${rest.id} lacks its block ${id} in MongoDB at ${this.mongo.address}`)
      return run
    })
    for (const segment of segments) this.onSegment(segment)
    const snapshot: Snapshot = { ...rest, segments }
    this.#read.set(snapshot.id, snapshot)
    this.#blocksOf.set(snapshot.id, new Set(blocks))
    return snapshot
  }

  /** Whether the snapshot in force is this one or was built, directly or not, on it: then it was published before. */
  async leadsTo(inForce: Pointer, snapshot: Snapshot): Promise<boolean> {
    let id: string | null = inForce.snapshot
    for (let { sequence } = inForce; sequence > snapshot.sequence && id !== null; sequence--) {
      const of: string = id
      const document: Doc | null = await this.mongo.run(() =>
        this.mongo.db.collection<Doc>('snapshots').findOne({ _id: of }),
      )
      id = document === null ? null : parseDocument('snapshots', storedSnapshot, document).base
    }
    return id === snapshot.id
  }
}
