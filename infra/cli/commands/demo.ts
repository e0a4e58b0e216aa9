import type { Command } from 'commander'
import { runChaos } from '../../demo/chaos.js'
import { runSimulators } from '../../demo/run-simulators.js'
import { openInstance } from '../../instance/instance.js'
import { bringUp } from '../bring-up.js'
import { progressLine } from '../progress.js'
import { untilSignal } from '../until-signal.js'
import { printWhereToLook } from '../urls.js'

const MINUTE_MS = 60_000
/** With what comes before and after, some three and a half minutes. */
const CHAOS_MINUTES = 2

interface DemoOptions {
  rate: number
  seed: number
  minutes?: number
  chaos?: boolean
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('run the simulators on this installation, bringing it up if need be')
    .option('--rate <n>', 'events a second of each simulator', Number, 60)
    .option('--seed <n>', 'seed of the simulators (and of the chaos)', Number, 1)
    .option('--minutes <n>', 'stop after this long; default: until Ctrl-C (with --chaos: 2)', Number)
    .option('--chaos', 'kill, wipe and restart things meanwhile, then verify: ends with drift 0')
    .action(async ({ rate, seed, minutes, chaos }: DemoOptions) => {
      const stop = untilSignal()
      const instance = await openInstance(progressLine)
      await bringUp(instance, { defaultEpochMs: MINUTE_MS, say: progressLine })
      await printWhereToLook(instance)
      if (chaos) {
        process.exitCode = (await runChaos(instance, {
          rate,
          seed,
          minutes: minutes ?? CHAOS_MINUTES,
          signal: stop,
          say: progressLine,
        }))
          ? 0
          : 1
        return
      }
      const signal = minutes ? AbortSignal.any([stop, AbortSignal.timeout(minutes * MINUTE_MS)]) : stop
      await runSimulators(instance, { rate, seed, signal, say: progressLine })
    })
}
