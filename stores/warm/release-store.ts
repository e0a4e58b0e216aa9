import { z } from 'zod'
import type { EpochCut, LostRange, Releases } from '../../core/seam/releases.js'
import type { MongoConnection } from '../connections.js'
import { parseDocument } from './documents.js'
import { connectMongo } from './mongo-connection.js'
import { compileWarmOptions, type WarmOptions } from './warm-options.js'
import { type Doc, insertOnce } from './write-once.js'

/**
 * What persons decided about a stream's log: cuts and lost ranges. Written before either layer goes by them, never changed,
 * and read by both from here.
 */
export interface ReleaseStore {
  of(stream: string): Promise<Releases>
  /** Adds them; those that are there already stay. */
  add(stream: string, releases: Releases): Promise<void>
  /** Forgets all of a stream whose topic begins anew. Returns how many there were. */
  forget(stream: string): Promise<number>
  close(): Promise<void>
}

const count = z.int().nonnegative()
const cut = z.object({ partition: count, offset: count, to: count, epoch: z.int() }) satisfies z.ZodType<EpochCut>
const lost = z.object({ partition: count, from: count, to: count }) satisfies z.ZodType<LostRange>
const release = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cut'), stream: z.string(), ...cut.shape }),
  z.object({ kind: z.literal('lost'), stream: z.string(), ...lost.shape }),
])

/** MongoDB collection `releases`. @throws WarmUnavailableError where MongoDB does not answer after the options' attempts */
export async function openReleases(connection: MongoConnection, options: WarmOptions = {}): Promise<ReleaseStore> {
  const mongo = await connectMongo(connection, compileWarmOptions(options))
  const collection = () => mongo.db.collection<Doc>('releases')
  return {
    async of(stream) {
      const documents = await mongo.run(() => collection().find({ stream }).sort({ _id: 1 }).toArray())
      const found = documents.map((document) => parseDocument('releases', release, document))
      return {
        cuts: found.flatMap((one) => (one.kind === 'cut' ? [cut.parse(one)] : [])),
        lost: found.flatMap((one) => (one.kind === 'lost' ? [lost.parse(one)] : [])),
      }
    },
    async add(stream, releases) {
      const documents = [
        ...releases.cuts.map((one) => ({ kind: 'cut' as const, stream, ...cut.parse(one) })),
        ...releases.lost.map((one) => ({ kind: 'lost' as const, stream, ...lost.parse(one) })),
      ]
      // the id is all that a release says, so that adding it again adds nothing
      for (const document of documents)
        await mongo.run(() => insertOnce(collection(), { _id: JSON.stringify(Object.values(document)), ...document }))
    },
    forget: async (stream) => (await mongo.run(() => collection().deleteMany({ stream }))).deletedCount,
    close: () => mongo.close(),
  }
}

/** For tests and simulations. */
export function openMemoryReleases(): ReleaseStore {
  const streams = new Map<string, Releases>()
  const of = (stream: string): Releases => streams.get(stream) ?? { cuts: [], lost: [] }
  const unique = <T>(list: readonly T[]): readonly T[] => [
    ...new Map(list.map((one) => [JSON.stringify(one), one])).values(),
  ]
  return {
    of: async (stream) => of(stream),
    async add(stream, { cuts, lost }) {
      const before = of(stream)
      streams.set(stream, { cuts: unique([...before.cuts, ...cuts]), lost: unique([...before.lost, ...lost]) })
    },
    async forget(stream) {
      const { cuts, lost } = of(stream)
      streams.delete(stream)
      return cuts.length + lost.length
    },
    close: async () => undefined,
  }
}
