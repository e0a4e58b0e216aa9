import { z } from 'zod'
import type { MongoConnection } from '../connections.js'
import { parseDocument } from './documents.js'
import { connectMongo, type MongoDatabase } from './mongo-connection.js'
import { RUN_STATUSES, type RunReport, type RunReports } from './run-reports.js'
import { compileWarmOptions, type WarmOptions } from './warm-options.js'
import type { Doc } from './write-once.js'

const count = z.int().nonnegative()
const text = z.string()

const runReport = z.object({
  id: text,
  workflowId: text,
  kind: z.literal('refresh'),
  pipeline: text,
  reason: text,
  week: text,
  fromMs: z.int(),
  toMs: z.int(),
  startedMs: z.int(),
  endedMs: z.int().nullable(),
  status: z.enum(RUN_STATUSES),
  sources: z.array(
    z.object({
      name: text,
      status: z.enum(['ok', 'partial', 'failed']),
      landed: count,
      read: count,
      loaded: count,
      unchanged: count,
      rejected: count,
      // reports that were stored before there was one have none
      checksum: text.default(''),
      errors: z.array(z.object({ kind: text, message: text, example: text.nullable() })),
      resumesAtMs: z.int().nullable(),
      seconds: z.number(),
    }),
  ),
  streams: z.array(
    z.object({
      stream: text,
      status: z.enum(['published', 'held', 'unchanged', 'failed']),
      snapshot: text.nullable(),
      views: count,
      records: count,
      segments: count,
      computed: count,
      cells: count,
      changedWindows: count,
      checksum: text,
      because: z.array(text),
      error: text.nullable(),
      seconds: z.number(),
    }),
  ),
  collections: z.array(
    z.object({
      collection: text,
      status: z.enum(['rebuilt', 'failed']),
      generation: text.nullable(),
      loaded: count,
      checksum: text,
      error: text.nullable(),
      seconds: z.number(),
    }),
  ),
  retention: z
    .object({
      snapshots: count,
      segments: count,
      searchSegments: count,
      partFiles: count,
      // reports that were stored before there were tiers have none
      cooledSegments: count.default(0),
      cooledDays: count.default(0),
      rawEpochs: count.default(0),
      kept: z.array(text).default([]),
    })
    .nullable(),
  views: count,
  changedWindows: count,
  problems: z.array(text),
}) satisfies z.ZodType<RunReport>

/** Collection `runs`. @throws WarmUnavailableError where MongoDB does not answer after the options' attempts */
export async function openRunReports(connection: MongoConnection, options: WarmOptions = {}): Promise<RunReports> {
  const mongo = await connectMongo(connection, compileWarmOptions(options))
  try {
    await mongo.run((db) => db.collection('runs').createIndex({ startedMs: -1 }))
    return new MongoRunReports(mongo)
  } catch (failure) {
    await mongo.close()
    throw failure
  }
}

class MongoRunReports implements RunReports {
  constructor(private readonly mongo: MongoDatabase) {}

  async put(report: RunReport): Promise<void> {
    await this.mongo.run((db) =>
      db.collection<Doc>('runs').replaceOne({ _id: report.id }, { ...report }, { upsert: true }),
    )
  }

  async one(id: string): Promise<RunReport | null> {
    const document = await this.mongo.run((db) => db.collection<Doc>('runs').findOne({ _id: id }))
    return document === null ? null : parseDocument('runs', runReport, document)
  }

  async list(limit: number): Promise<readonly RunReport[]> {
    const documents = await this.mongo.run((db) =>
      db.collection<Doc>('runs').find({}).sort({ startedMs: -1, _id: 1 }).limit(limit).toArray(),
    )
    return documents.map((document) => parseDocument('runs', runReport, document))
  }

  close(): Promise<void> {
    return this.mongo.close()
  }
}
