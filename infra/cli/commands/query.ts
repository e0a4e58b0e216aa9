import type { Command } from 'commander'
import { z } from 'zod'
import { callApi } from '../call-api.js'
import { printJson, printTable } from '../print.js'

interface QueryOptions {
  from?: string
  to?: string
  window?: string
  zone?: string
  filter: string[]
  groupBy?: string
  order?: string
  limit?: string
  json?: boolean
}

const Answer = z.looseObject({
  rows: z.array(z.record(z.string(), z.unknown())),
  provenance: z.looseObject({ tiers: z.array(z.object({ tier: z.string(), resolution: z.string() })) }),
})

export function addQuery(program: Command): void {
  program
    .command('query')
    .description('ask a view; the answer merges both layers')
    .argument('<view>', 'name of the view, see GET /v1/views')
    .option('--from <time>', 'ISO time, ms, or relative such as -5m (inclusive)')
    .option('--to <time>', 'ISO time, ms, relative, or now (exclusive)')
    .option('--window <size>', 'window of the answer: 1m, 5m, 1h, 1d or all')
    .option('--zone <iana>', 'time zone of days')
    .option('--filter <expression>', 'as in the API, repeatable', (text, all: string[]) => [...all, text], [])
    .option('--group-by <dimensions>', 'comma-separated')
    .option('--order <measure>', 'a column, with - in front for descending')
    .option('--limit <n>', 'rows at most')
    .option('--json', 'the whole answer as one line of JSON')
    .action(async (view: string, options: QueryOptions) => {
      const { filter, groupBy, json, ...plain } = options
      const query = new URLSearchParams(
        Object.entries(plain).filter(([, value]) => value !== undefined) as [string, string][],
      )
      if (groupBy !== undefined) query.set('groupBy', groupBy)
      for (const one of filter) query.append('filter', one)
      const answer = await callApi(`/v1/views/${encodeURIComponent(view)}?${query}`)
      if (json) return printJson(answer)
      const { rows, provenance } = Answer.parse(answer)
      printTable(rows)
      console.log(
        `\n${rows.length} rows · ${Object.entries(provenance)
          .filter(([, v]) => typeof v !== 'object')
          .map(([k, v]) => `${k} ${v}`)
          .join(
            ' · ',
          )} · tiers ${provenance.tiers.map(({ tier, resolution }) => `${tier} ${resolution}`).join(', ') || 'none'}`,
      )
    })
}
