import type { RestatementProgress } from '../../core/seam/restatement-progress.js'
import { parseDocument, restatement, viewSet } from './documents.js'
import type { MongoDatabase } from './mongo-connection.js'
import type { StoredViewSet } from './warm-port.js'
import { type Doc, insertOnce } from './write-once.js'

/** Definitions by view set, and how far a stream's restatement is: collections `view_sets` and `restatements`. */
export class ViewSetDocuments {
  constructor(private readonly mongo: MongoDatabase) {}

  async put(set: StoredViewSet): Promise<void> {
    const { viewSet: _id, deployedAtMs, usedAtMs } = set
    await this.mongo.run(async (db) => {
      const collection = db.collection<Doc>('view_sets')
      if (!(await insertOnce(collection, { _id, ...set })))
        await collection.updateOne({ _id }, { $max: { deployedAtMs, usedAtMs } })
    })
  }

  async one(name: string): Promise<StoredViewSet | null> {
    const document = await this.mongo.run((db) => db.collection<Doc>('view_sets').findOne({ _id: name }))
    return document === null ? null : parseDocument('view_sets', viewSet, document)
  }

  async lastDeployed(stream: string): Promise<string | null> {
    const found = await this.mongo.run((db) =>
      db.collection<Doc>('view_sets').find({ stream }).sort({ deployedAtMs: -1, _id: 1 }).limit(1).toArray(),
    )
    return found[0] === undefined ? null : parseDocument('view_sets', viewSet, found[0]).viewSet
  }

  async putRestatement(of: RestatementProgress): Promise<void> {
    const document: Omit<Doc, '_id'> = { ...of }
    const collection = () => this.mongo.db.collection<Doc>('restatements')
    await this.mongo.run(() => collection().replaceOne({ _id: of.stream }, document, { upsert: true }))
  }

  async restatement(stream: string): Promise<RestatementProgress | null> {
    const document = await this.mongo.run((db) => db.collection<Doc>('restatements').findOne({ _id: stream }))
    return document === null ? null : parseDocument('restatements', restatement, document)
  }
}
