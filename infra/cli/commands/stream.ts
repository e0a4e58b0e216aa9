import type { Command } from 'commander'
import { systemClock } from '../../../stores/system-clock.js'
import { openInstance } from '../../instance/instance.js'
import { pickStreams } from '../../instance/pick-streams.js'
import { UserError } from '../../instance/user-error.js'
import { listStreams } from '../../streams/list-streams.js'
import { planReset, resetStream } from '../../streams/reset-stream.js'
import { printJson, printTable } from '../print.js'

export function addStream(program: Command): void {
  const command = program.command('stream').description('the streams: what their logs hold, and what is sealed of it')
  command
    .command('list')
    .option('--json', 'one line of JSON')
    .description('topic, retention, epoch and what is not sealed, per stream')
    .action(async (options: { json?: boolean }) => {
      const streams = await listStreams(await openInstance())
      if (options.json) printJson({ streams })
      else printTable(streams.map((row) => ({ ...row })))
    })
  command
    .command('reset')
    .description('forget all that was counted of a stream, for a topic that was created anew')
    .argument('<stream>')
    .option('--yes', 'do it; without it only what would be dropped is said')
    .option('--json', 'one line of JSON')
    .action(async (name: string, options: { yes?: boolean; json?: boolean }) => {
      const instance = await openInstance()
      const [stream] = pickStreams(instance.catalog, [name])
      if (stream === undefined) throw new UserError('Name the stream to reset.')
      const plan = await planReset(instance, stream)
      const aside = options.yes ? await resetStream(instance, stream, systemClock) : null
      if (options.json) return printJson({ ...plan, reset: options.yes ?? false, aside })
      const { snapshots, held, ledger, parity, releases } = plan.documents
      console.log(
        `${options.yes ? 'dropped' : 'would drop'} of stream "${name}": ${plan.epochs} sealed epochs, ${snapshots} snapshots, ` +
          `${held} held, ${ledger} ledger entries, ${parity} comparisons, ${releases} cuts and lost ranges, hot state of ${plan.hot} partitions`,
      )
      if (!options.yes) console.log(`topic "${plan.topic}" is then counted from its first record; to do it: add --yes`)
      else if (aside !== null) console.log(`the sealed files are kept in ${aside}`)
    })
}
