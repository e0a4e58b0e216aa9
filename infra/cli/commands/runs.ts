import type { Command } from 'commander'
import { z } from 'zod'
import { callApi } from '../call-api.js'
import { printJson, printTable } from '../print.js'

const Runs = z.looseObject({ runs: z.array(z.record(z.string(), z.unknown())) })

export function addRuns(program: Command): void {
  const runs = program.command('runs').description('reports of the refresh')
  runs
    .command('list')
    .description('the latest runs')
    .option('--limit <n>', 'at most', '20')
    .option('--json', 'one line of JSON')
    .action(async ({ limit, json }: { limit: string; json?: boolean }) => {
      const answer = await callApi(`/v1/runs?${new URLSearchParams({ limit })}`)
      if (json) return printJson(answer)
      const { runs } = Runs.parse(answer)
      if (runs.length === 0) return console.log('no refresh has run yet')
      printTable(runs, [
        'run',
        'week',
        'pipeline',
        'reason',
        'status',
        'startedAt',
        'seconds',
        'views',
        'changedWindows',
      ])
    })
  runs
    .command('show')
    .description('everything that one run reported')
    .argument('<run>')
    .option('--json', 'one line of JSON')
    .action(async (run: string, { json }: { json?: boolean }) => {
      const answer = await callApi(`/v1/runs/${encodeURIComponent(run)}`)
      if (json) return printJson(answer)
      console.log(JSON.stringify(answer, null, 2))
    })
}
