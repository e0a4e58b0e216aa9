import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { adaptiveArchiver } from '../../batch-layer/archive/adaptive-archiver.js'
import { planStream } from '../../batch-layer/stream-plan.js'
import type { EpochManifest, ManifestPartition } from '../../core/seam/index.js'
import { openDuckDb } from '../../stores/lake/duckdb.js'
import { type LakeStore, openLake } from '../../stores/lake/index.js'
import { openLog } from '../../stores/log/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import { jsonLogger } from '../../stores/logger.js'
import { BENCH_PARTITIONS, BENCH_STREAM, BENCH_TOPIC, benchCatalog } from './bench-definitions.js'
import { openBenchInstance } from './bench-instance.js'
import { preload } from './preload.js'

export interface SealResult {
  readonly archiveRowsPerSecond: number
  readonly aggregateRowsPerSecond: number
  readonly bareAggregateRowsPerSecond: number
  readonly ratio: number
  /** The same against a bare query whose rows never leave DuckDB, so that it does less: nothing is handed over, ordered or encoded. */
  readonly ratioInsideDuckDb: number
}

const EPOCH_MS = 3_600_000
/** Best of so many, for both sides alike: the first run of either reads cold files. */
const RUNS = 3

/**
 * Archive: rows per second from the first fetch to the renamed file, read and decode overlapped with writing. Aggregation:
 * rows per second from the Parquet files to the view's cells, against DuckDB's own count and sum by the same keys, its rows read.
 */
export async function benchSeal({
  records,
  say,
}: {
  readonly records: number
  readonly say: (line: string) => void
}): Promise<SealResult> {
  const instance = await openBenchInstance(say)
  await instance.engines.up()
  const root = await mkdtemp(join(instance.home.root, 'bench-lake-'))
  const lake = await openLake(root)
  try {
    const { kafka } = await instance.connections()
    await preload(kafka, BENCH_TOPIC, BENCH_PARTITIONS, records, say)
    const log = await openLog(kafka, { clientId: 'tandem-bench', logger: jsonLogger('bench') })
    try {
      say('archive')
      const { manifest, rows, seconds } = await archive(log, lake)
      say('aggregate')
      const ours = await best(() => aggregate(lake, manifest))
      const bare = await bareAggregate(root, manifest, (sql) => sql)
      const inside = await bareAggregate(
        root,
        manifest,
        (sql) => `SELECT count(*), sum(searches), sum(ages) FROM (${sql})`,
      )
      return {
        archiveRowsPerSecond: Math.round(rows / seconds),
        aggregateRowsPerSecond: Math.round(rows / ours),
        bareAggregateRowsPerSecond: Math.round(rows / bare),
        ratio: bare / ours,
        ratioInsideDuckDb: inside / ours,
      }
    } finally {
      await log.close()
    }
  } finally {
    await lake.close()
    await rm(root, { recursive: true, force: true })
    await instance.engines.down()
  }
}

async function archive(
  log: LogStore,
  lake: LakeStore,
): Promise<{ manifest: EpochManifest; rows: number; seconds: number }> {
  const catalog = benchCatalog('seal')
  const stream = catalog.stream(BENCH_STREAM)
  const offsets = await log.offsets(BENCH_TOPIC)
  const rows = offsets.reduce((sum, { low, high }) => sum + high - low, 0)
  const archiver = await adaptiveArchiver(lake, 0)(planStream(catalog, BENCH_STREAM, EPOCH_MS), rows)
  const started = performance.now()
  const partitions = await Promise.all(
    offsets.map(async ({ partition, low: from, high: to }): Promise<ManifestPartition> => {
      const part = await archiver.open({
        stream,
        epoch: 0,
        epochMs: EPOCH_MS,
        partition,
        from,
        fromEpoch: 0,
        attempt: 'bench',
      })
      for await (const { records } of log.readRange({ topic: BENCH_TOPIC, partition, from, to }))
        await part.append({ records, epochs: records.map(() => 0) })
      const { files, accepted, rejected } = await part.finish(to)
      const read = accepted + rejected
      return {
        partition,
        from,
        to,
        epoch: 1,
        open: false,
        read,
        accepted,
        rejected,
        duplicates: 0,
        ticks: 0,
        last: null,
        lost: [],
        files,
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  await archiver.close()
  const manifest: EpochManifest = {
    version: 1,
    stream: stream.name,
    streamHash: stream.hash,
    epoch: 0,
    epochMs: EPOCH_MS,
    sealedAtMs: 0,
    attempt: 'bench',
    cuts: [],
    partitions,
  }
  return { manifest, rows, seconds }
}

async function aggregate(lake: LakeStore, manifest: EpochManifest): Promise<void> {
  const catalog = benchCatalog('seal')
  const [view] = catalog.viewsOf(BENCH_STREAM)
  if (!view) throw new Error('the bench has no view')
  await lake.aggregate({
    view,
    stream: catalog.stream(BENCH_STREAM),
    manifests: [manifest],
    resolutionMs: view.windows[0] as number,
  })
}

/** What anyone would write by hand. */
const BARE = (files: string) => `
  SELECT "timestamp" // 60000 AS w, search_word, coalesce(user_gender, 'un') AS gender,
    CASE WHEN user_age IS NULL THEN 99 ELSE user_age // 10 * 10 END AS age, count(*) AS searches, sum(user_age) AS ages
  FROM read_parquet([${files}]) GROUP BY ALL`

/** Best time of a query over the part files by DuckDB alone, until its rows are in this program's memory. */
async function bareAggregate(root: string, manifest: EpochManifest, wrap: (sql: string) => string): Promise<number> {
  const files = manifest.partitions.flatMap(({ files }) => files.map(({ file }) => `'${join(root, file)}'`))
  const duckdb = await openDuckDb({ threads: 2, memoryBytes: 2 ** 30, spillFolder: join(root, '.bare') })
  const { client, close } = await duckdb.connect()
  try {
    return await best(async () => {
      const rows = await client.runAndReadAll(wrap(BARE(files.join(', '))))
      rows.getRowsJS()
    })
  } finally {
    close()
    duckdb.close()
  }
}

async function best(run: () => Promise<void>): Promise<number> {
  let seconds = Number.POSITIVE_INFINITY
  for (let n = 0; n < RUNS; n++) {
    const started = performance.now()
    await run()
    seconds = Math.min(seconds, (performance.now() - started) / 1000)
  }
  return seconds
}
