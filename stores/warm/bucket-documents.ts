import type { EncodedCell } from '../../core/cell/cell.js'
import type { Segment } from '../../core/seam/segment.js'
import { bucketId, type CellBucket, cellsOf } from './cell-buckets.js'
import { CellsMissingError } from './cells-missing-error.js'
import { cellBucket, parseDocument } from './documents.js'
import type { MongoDatabase } from './mongo-connection.js'
import type { Doc } from './write-once.js'

/** Buckets asked for in one request. */
const BUCKETS_READ_AT_ONCE = 64

/** Reads segments' cells: collection `buckets`. */
export class BucketDocuments {
  constructor(private readonly mongo: MongoDatabase) {}

  /**
   * Cells of single days of segments, a list each. Buckets are asked for by their very ids, the first of each day before the
   * others, as an engine may answer a range of ids by looking at all of them.
   */
  async cellsOf(
    wanted: readonly { readonly segment: Segment; readonly day: number }[],
  ): Promise<readonly (readonly EncodedCell[])[]> {
    const first = await this.#bucketsOf(wanted.map(({ segment, day }) => bucketId(segment, day, 0)))
    const idsOf = ({ segment, day }: (typeof wanted)[number]): readonly string[] => {
      const shards = first.get(bucketId(segment, day, 0))?.shards ?? 1
      return Array.from({ length: shards }, (_, i) => bucketId(segment, day, i))
    }
    const rest = await this.#bucketsOf(wanted.flatMap((one) => idsOf(one).slice(1)))
    return wanted.map((one) => {
      const cells: EncodedCell[] = []
      for (const id of idsOf(one)) {
        const bucket = first.get(id) ?? rest.get(id)
        if (bucket === undefined) {
          const { segment, day } = one
          throw new CellsMissingError(
            segment.id,
            day,
            `segment ${segment.id} of view "${segment.view}" lacks cells of day ${day} in MongoDB at ${this.mongo.address}`,
          )
        }
        cellsOf(bucket, cells)
      }
      return cells
    })
  }

  async #bucketsOf(ids: readonly string[]): Promise<ReadonlyMap<string, CellBucket>> {
    const buckets = new Map<string, CellBucket>()
    for (let i = 0; i < ids.length; i += BUCKETS_READ_AT_ONCE) {
      const some = ids.slice(i, i + BUCKETS_READ_AT_ONCE)
      const documents = await this.mongo.run(() =>
        this.mongo.db
          .collection<Doc>('buckets')
          .find(some.length === 1 ? { _id: some[0] as string } : { _id: { $in: some } })
          .toArray(),
      )
      for (const document of documents) {
        const bucket = parseDocument('buckets', cellBucket, document)
        buckets.set(bucket._id, bucket)
      }
    }
    return buckets
  }
}
