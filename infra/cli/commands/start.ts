import type { Command } from 'commander'
import { runSimulators } from '../../demo/run-simulators.js'
import { openInstance } from '../../instance/instance.js'
import { bringUp } from '../bring-up.js'
import { progressLine } from '../progress.js'
import { takeDown } from '../take-down.js'
import { untilSignal } from '../until-signal.js'
import { printWhereToLook } from '../urls.js'

const MINUTE_MS = 60_000

export function addStart(program: Command): void {
  program
    .command('start')
    .description('bring everything up in the foreground and feed it; Ctrl-C stops all of it (this is npm start)')
    .option('--rate <n>', 'events a second of each simulator', Number, 60)
    .option('--seed <n>', 'seed of the simulators', Number, 1)
    .action(async (options: { rate: number; seed: number }) => {
      const signal = untilSignal()
      const instance = await openInstance(progressLine)
      try {
        await bringUp(instance, { defaultEpochMs: MINUTE_MS, say: progressLine, signal })
        if (signal.aborted) return
        await printWhereToLook(instance)
        console.log(`  Try, in another terminal:
    npx tandem query searches --from -5m --group-by word --order -searches --limit 5
    npx tandem seal --wait      one epoch becomes Parquet, segments and a snapshot
    npx tandem verify           recount everything; drift 0
  Ctrl-C stops everything; the data stays in ${instance.home.root}.
`)
        await runSimulators(instance, { rate: options.rate, seed: options.seed, signal, say: progressLine })
      } catch (error) {
        if (!signal.aborted) throw error // what Ctrl-C interrupted is no failure
      } finally {
        progressLine('stopping')
        await takeDown(instance)
      }
    })
}
