import type { ColdCopy, SegmentTiers } from '../../core/seam/cold-copy.js'
import type { Segment } from '../../core/seam/segment.js'
import { bucketId, cellsName } from './cell-buckets.js'
import { bucketShards, parseDocument, segmentTiers } from './documents.js'
import type { MongoDatabase } from './mongo-connection.js'
import { type Doc, insertOnce } from './write-once.js'

type SegmentName = Pick<Segment, 'id' | 'checksum'>

/** Documents asked for in one request. */
const NAMES_AT_ONCE = 500

/** Where segments' cells lie beside MongoDB: collection `segment_tiers`, by the name of the cells. */
export class TierDocuments {
  constructor(private readonly mongo: MongoDatabase) {}

  async of(segments: readonly SegmentName[]): Promise<ReadonlyMap<string, SegmentTiers>> {
    const ids = new Map(segments.map((segment) => [cellsName(segment), segment.id]))
    const names = [...ids.keys()]
    const found = new Map<string, SegmentTiers>()
    for (let at = 0; at < names.length; at += NAMES_AT_ONCE) {
      const some = names.slice(at, at + NAMES_AT_ONCE)
      const documents = await this.mongo.run((db) =>
        db
          .collection<Doc>('segment_tiers')
          .find(some.length === 1 ? { _id: some[0] as string } : { _id: { $in: some } })
          .toArray(),
      )
      for (const document of documents)
        found.set(ids.get(document._id) as string, parseDocument('segment_tiers', segmentTiers, document))
    }
    return found
  }

  async put(segment: SegmentName, cold: ColdCopy): Promise<SegmentTiers> {
    const first: SegmentTiers = { cold, warmFrom: 0 }
    await this.mongo.run((db) => insertOnce(db.collection<Doc>('segment_tiers'), { _id: cellsName(segment), ...first }))
    return (await this.of([segment])).get(segment.id) ?? first
  }

  /** Said first, then done: a reader that finds cells missing is told where they are. */
  async dropDays(segment: Segment, beforeDay: number): Promise<void> {
    if ((await this.of([segment])).size === 0)
      throw new Error(`segment ${segment.id} of view "${segment.view}" has no cold copy: its cells stay in MongoDB`)
    await this.mongo.run((db) =>
      db.collection<Doc>('segment_tiers').updateOne({ _id: cellsName(segment) }, { $max: { warmFrom: beforeDay } }),
    )
    for (const day of segment.days.filter((one) => one < beforeDay)) await this.#removeDay(segment, day)
  }

  /** The first bucket says how many there are, so it goes last: a run that is killed in between finds the others again. */
  async #removeDay(segment: Segment, day: number): Promise<void> {
    await this.mongo.run(async (db) => {
      const buckets = db.collection<Doc>('buckets')
      const first = bucketId(segment, day, 0)
      const found = await buckets.findOne({ _id: first }, { projection: { shards: 1 } })
      if (found === null) return
      const { shards } = parseDocument('buckets', bucketShards, found)
      const others = Array.from({ length: shards - 1 }, (_, i) => bucketId(segment, day, i + 1))
      if (others.length > 0) await buckets.deleteMany({ _id: { $in: others } })
      await buckets.deleteOne({ _id: first })
    })
  }
}
