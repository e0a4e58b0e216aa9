import type { Command } from 'commander'
import { z } from 'zod'
import { callApi } from '../call-api.js'
import { printJson, printTable } from '../print.js'

const DeadLetters = z.looseObject({ deadLetters: z.array(z.record(z.string(), z.unknown())) })

export function addDlq(program: Command): void {
  const dlq = program.command('dlq').description('dead letters: what was refused, where it came from and why')
  dlq
    .command('list')
    .description('the newest dead letters of a stream')
    .argument('<stream>')
    .option('--reason <word>', 'only those with this reason')
    .option('--limit <n>', 'at most', '20')
    .option('--json', 'one line of JSON')
    .action(async (stream: string, options: { reason?: string; limit: string; json?: boolean }) => {
      const query = new URLSearchParams({
        stream,
        limit: options.limit,
        ...(options.reason ? { reason: options.reason } : {}),
      })
      const answer = await callApi(`/v1/dead-letters?${query}`)
      if (options.json) return printJson(answer)
      const { deadLetters } = DeadLetters.parse(answer)
      if (deadLetters.length === 0) return console.log(`no dead letters in ${stream}`)
      printTable(deadLetters, ['partition', 'offset', 'reason', 'field', 'value', 'expected'])
    })
}
