import type { Command } from 'commander'
import { jsonLogger } from '../../../stores/logger.js'
import { openWorkflows } from '../../../workflows/client.js'
import { parseEpoch, recordedEpochs } from '../../instance/epochs.js'
import { openInstance } from '../../instance/instance.js'
import { pickStreams } from '../../instance/pick-streams.js'
import { printJson, printTable } from '../print.js'
import { sayIfNoWorker } from '../say-if-no-worker.js'

export function addSeal(program: Command): void {
  program
    .command('seal')
    .description('seal every epoch that has ended: Parquet, segments, parity, snapshot')
    .argument('[streams...]', 'default: all')
    .option('--epoch <epoch>', 'up to this epoch: its start, yyyyMMddTHHmmssZ, or its index')
    .option('--wait', 'also the running epoch, once it has ended')
    .option('--json', 'one line of JSON')
    .action(async (names: string[], options: { epoch?: string; wait?: boolean; json?: boolean }) => {
      const instance = await openInstance()
      const streams = pickStreams(instance.catalog, names)
      const epochs = options.epoch === undefined ? new Map<string, number>() : await recordedEpochs(instance)
      await sayIfNoWorker(instance)
      const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('cli') })
      try {
        const reports = await Promise.all(
          streams.map(({ name }) => {
            const epochMs = epochs.get(name)
            const epoch =
              options.epoch !== undefined && epochMs ? parseEpoch(options.epoch, epochMs, '--epoch') : undefined
            return workflows.sealNow(name, { epoch, wait: options.wait ?? false })
          }),
        )
        if (options.json) return printJson({ streams: reports })
        printTable(
          reports.map(({ stream, fromEpoch, toEpoch, read, rejected, segments, cells, parity, snapshot }) => ({
            stream,
            epochs: toEpoch - fromEpoch,
            read,
            rejected,
            segments,
            cells,
            equal: parity.equal,
            different: parity.different,
            uncompared: parity.uncompared,
            snapshot,
          })),
        )
      } finally {
        await workflows.close()
      }
    })
}
