import type { Command } from 'commander'
import { jsonLogger } from '../../../stores/logger.js'
import { openWorkflows } from '../../../workflows/client.js'
import { parseEpoch, recordedEpochs } from '../../instance/epochs.js'
import { openInstance } from '../../instance/instance.js'
import { pickStreams } from '../../instance/pick-streams.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'

interface BackfillOptions {
  from: string
  to: string
  view?: string
  json?: boolean
}

export function addBackfill(program: Command): void {
  program
    .command('backfill')
    .description('recompute the segments of sealed epochs from the lake and publish them')
    .argument('[streams...]', 'default: all')
    .requiredOption('--from <epoch>', 'first epoch (append time): its start, yyyyMMddTHHmmssZ, or its index; inclusive')
    .requiredOption('--to <epoch>', 'end, exclusive')
    .option('--view <name>', 'only this view')
    .option('--json', 'one line of JSON')
    .action(async (names: string[], options: BackfillOptions) => {
      const instance = await openInstance()
      const { catalog } = instance
      if (options.view && !catalog.views.has(options.view))
        throw new UserError(`There is no view "${options.view}"; there are: ${[...catalog.views.keys()].join(', ')}.`)
      const streams = pickStreams(catalog, names).filter(
        ({ name }) => !options.view || catalog.viewsOf(name).some((view) => view.name === options.view),
      )
      const epochs = await recordedEpochs(instance)
      const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('cli') })
      try {
        const reports = []
        for (const { name } of streams) {
          const epochMs = epochs.get(name)
          if (!epochMs) continue
          reports.push(
            await workflows.backfill({
              stream: name,
              view: options.view,
              fromEpoch: parseEpoch(options.from, epochMs, '--from'),
              toEpoch: parseEpoch(options.to, epochMs, '--to'),
            }),
          )
        }
        if (options.json) printJson({ streams: reports })
        else
          printTable(
            reports.map(({ stream, segments, changed, snapshot }) => ({ stream, segments, changed, snapshot })),
          )
      } finally {
        await workflows.close()
      }
    })
}
