import type { Command } from 'commander'
import { printJson } from '../print.js'
import { progressLine } from '../progress.js'

interface BenchOptions {
  readonly records: number
  readonly say: (line: string) => void
}

interface Bench {
  readonly name: string
  readonly what: string
  /** @default 3,000,000 */
  readonly records?: number
  /** Loaded when it runs: a bench brings layers with it. */
  readonly run: (options: BenchOptions) => Promise<object>
}

const BENCHES: readonly Bench[] = [
  {
    name: 'speed',
    what: 'events/s from Kafka to Redis, against decode and fold alone',
    run: async (options) => (await import('../../bench/bench-speed.js')).benchSpeed(options),
  },
  {
    name: 'seal',
    what: 'rows/s from Kafka to Parquet and from Parquet to cells, against bare DuckDB',
    run: async (options) => (await import('../../bench/bench-seal.js')).benchSeal(options),
  },
  {
    name: 'query',
    what: 'latency of merged answers at 200 requests/s, and freshness, while 5,000 events/s arrive',
    run: async (options) => (await import('../../bench/bench-query.js')).benchQuery(options),
  },
  {
    name: 'refresh',
    what: 'a week of epochs recomputed, compacted, compared and published, against one bare DuckDB query over the same files',
    records: 10_000_000,
    run: async (options) => (await import('../../bench/bench-refresh.js')).benchRefresh(options),
  },
]

const DEFAULT_RECORDS = 3_000_000

export function addBench(program: Command): void {
  const bench = program.command('bench').description('measure on this machine; ratios are within one run')
  for (const { name, what, run, records } of BENCHES)
    bench
      .command(name)
      .description(what)
      .option('--records <n>', 'records that it works through', Number, records ?? DEFAULT_RECORDS)
      .option('--json', 'one line of JSON')
      .action(async ({ records, json }: { records: number; json?: boolean }) => {
        const result = await run({ records, say: progressLine })
        if (json) return printJson(result)
        for (const [measure, value] of Object.entries(result))
          console.log(
            `${measure.padEnd(28)} ${typeof value === 'number' ? value.toLocaleString('en', { maximumFractionDigits: 3 }) : value}`,
          )
      })
}
