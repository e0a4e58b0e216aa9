import type { Command } from 'commander'
import { openInstance } from '../../instance/instance.js'
import { progressLine } from '../progress.js'
import { takeDown } from '../take-down.js'

export function addDown(program: Command): void {
  program
    .command('down')
    .description('stop layers and engines; data stays unless wiped')
    .option('--wipe', 'remove the data as well')
    .action(async (options: { wipe?: boolean }) => {
      await takeDown(await openInstance(progressLine), { wipe: options.wipe ?? false })
      console.log(options.wipe ? 'down, data removed' : 'down, data kept')
    })
}
