import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { openDuckDb } from '../../stores/lake/duckdb.js'
import { BENCH_STREAM, refreshPlan } from './bench-definitions.js'
import { openBenchInstance } from './bench-instance.js'
import { child } from './child.js'
import { openRefreshDeps } from './refresh-deps.js'
import { writeHistory } from './refresh-history.js'

export interface RefreshResult {
  readonly refreshSeconds: number
  readonly bareSeconds: number
  readonly ratio: number
  readonly peakRssMiB: number
  readonly records: number
  readonly cells: number
  readonly segments: number
}

const EPOCH_MS = 3_600_000
const EPOCHS = 168

const Measured = z.object({
  seconds: z.number(),
  recomputeSeconds: z.number(),
  peakRssMiB: z.number(),
  status: z.literal('published'),
  changedWindows: z.literal(0),
  segments: z.number(),
  records: z.number(),
  cells: z.number(),
})

/**
 * A week of 168 hourly epochs, published as a week of seals leaves them: seconds to recompute everything from the Parquet
 * files, compact it, compare it with what is in force and publish it, against one query of bare DuckDB over the same files
 * that groups by the same keys until its rows are in this program's memory. The refresh runs in a process of its own.
 */
export async function benchRefresh({
  records,
  say,
}: {
  readonly records: number
  readonly say: (line: string) => void
}): Promise<RefreshResult> {
  const instance = await openBenchInstance(say)
  await instance.engines.up()
  await mkdir(instance.home.root, { recursive: true })
  const root = await mkdtemp(join(instance.home.root, 'bench-history-'))
  try {
    const connections = await instance.connections()
    const database = `bench-refresh-${process.pid}-${Date.now().toString(36)}`
    const deps = await openRefreshDeps(connections, root, database)
    let files: readonly string[]
    try {
      say(`writing ${records.toLocaleString('en')} records in ${EPOCHS} epochs`)
      await writeHistory(deps, refreshPlan(EPOCH_MS), { records, epochs: EPOCHS, say })
      files = (await deps.lake.manifests(BENCH_STREAM)).flatMap((manifest) =>
        manifest.partitions.flatMap((partition) => partition.files.map(({ file }) => join(root, file))),
      )
    } finally {
      await deps.close()
    }
    say('refresh')
    const measured = Measured.parse(await child('./refresh-run.js', { connections, root, database, epochMs: EPOCH_MS }))
    say('bare DuckDB')
    const bareSeconds = await bareQuery(root, files)
    return {
      refreshSeconds: measured.seconds,
      bareSeconds,
      ratio: measured.seconds / bareSeconds,
      peakRssMiB: Math.round(measured.peakRssMiB),
      records: measured.records,
      cells: measured.cells,
      segments: measured.segments,
    }
  } finally {
    await rm(root, { recursive: true, force: true })
    await instance.engines.down()
  }
}

/** What anyone would write by hand. */
const BARE = (files: string) => `
  SELECT "timestamp" // 3600000 AS w, coalesce(user_region, 'none') AS region, coalesce(user_gender, 'un') AS gender,
    CASE WHEN user_age IS NULL THEN 99 ELSE user_age // 10 * 10 END AS age, count(*) AS searches, sum(user_age) AS ages
  FROM read_parquet([${files}]) GROUP BY ALL`

/** Once, as the refresh runs once: neither has seen the files before. */
async function bareQuery(root: string, files: readonly string[]): Promise<number> {
  const duckdb = await openDuckDb({ threads: 2, memoryBytes: 2 ** 30, spillFolder: join(root, '.bare') })
  const { client, close } = await duckdb.connect()
  try {
    const started = performance.now()
    const rows = await client.runAndReadAll(BARE(files.map((file) => `'${file}'`).join(', ')))
    rows.getRowsJS()
    return (performance.now() - started) / 1000
  } finally {
    close()
    duckdb.close()
  }
}
