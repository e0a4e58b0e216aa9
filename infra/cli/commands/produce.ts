import type { Command } from 'commander'
import { systemClock } from '../../../stores/system-clock.js'
import { openInstance } from '../../instance/instance.js'
import { UserError } from '../../instance/user-error.js'
import { produceFile } from '../../produce/produce-file.js'
import { printJson } from '../print.js'

interface ProduceOptions {
  rate?: string
  speedup?: string
  mapping?: string
  json?: boolean
}

export function addProduce(program: Command): void {
  program
    .command('produce')
    .description('send a file to a stream: .ndjson or .csv, also .gz')
    .argument('<stream>', "name of the stream; with --mapping, the streams are the mapping's")
    .argument('<file>')
    .option('--rate <n>', 'file order, n records a second')
    .option('--speedup <n>', 'in order of event time, gaps divided by n and never longer than 1 s')
    .option('--mapping <file>', 'a mapping (defineMapping) from rows to records')
    .option('--json', 'one line of JSON')
    .action(async (stream: string, file: string, options: ProduceOptions) => {
      if (options.rate && options.speedup) throw new UserError('Give --rate or --speedup, not both.')
      const instance = await openInstance()
      const result = await produceFile(instance, {
        stream,
        file,
        mapping: options.mapping,
        rate: positive(options.rate, '--rate'),
        speedup: positive(options.speedup, '--speedup'),
        clock: systemClock,
      })
      if (options.json) return printJson(result)
      const left = Object.entries(result.leftOut)
      console.log(
        `${result.rows} rows in the file = ${result.sent} sent + ${result.rows - result.sent} left out, in ${result.seconds.toFixed(1)} s`,
      )
      for (const [reason, count] of left) console.log(`  left out ${count}: ${reason}`)
    })
}

function positive(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!(value > 0)) throw new UserError(`${option} is "${text}", expected a number above 0.`)
  return value
}
