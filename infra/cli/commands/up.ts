import type { Command } from 'commander'
import { openInstance } from '../../instance/instance.js'
import { bringUp } from '../bring-up.js'
import { progressLine } from '../progress.js'
import { printWhereToLook } from '../urls.js'

const HOUR_MS = 3_600_000

export function addUp(program: Command): void {
  program
    .command('up')
    .description('start engines and layers in the background and return when they are ready')
    .action(async () => {
      const instance = await openInstance(progressLine)
      await bringUp(instance, { defaultEpochMs: HOUR_MS, say: progressLine })
      await printWhereToLook(instance)
      console.log('  Feed it:  tandem demo        Look:  tandem status        Stop:  tandem down\n')
    })
}
