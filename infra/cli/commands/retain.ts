import type { Command } from 'commander'
import { jsonLogger } from '../../../stores/logger.js'
import { openWorkflows } from '../../../workflows/client.js'
import { openInstance } from '../../instance/instance.js'
import { UserError } from '../../instance/user-error.js'
import { printJson } from '../print.js'
import { sayIfNoWorker } from '../say-if-no-worker.js'

export function addRetain(program: Command): void {
  program
    .command('retain')
    .description('retention, now: old cells to the cold tier, old raw files and what nothing names away')
    .argument('[pipeline]', 'only this one; default: all')
    .option('--dry-run', 'only say which days would move and which raw files would go')
    .option('--json', 'one line of JSON')
    .action(async (pipeline: string | undefined, options: { readonly dryRun?: boolean; readonly json?: boolean }) => {
      const instance = await openInstance()
      const names = instance.catalog.pipelines.map(({ name }) => name)
      if (pipeline !== undefined && !names.includes(pipeline))
        throw new UserError(`There is no pipeline "${pipeline}"; there are: ${names.join(', ')}.`)
      const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('cli') })
      try {
        await sayIfNoWorker(instance)
        const dryRun = options.dryRun ?? false
        const outcome = await workflows.retainNow({ pipeline, dryRun })
        if (options.json) return printJson({ dryRun, ...outcome })
        const { cooledDays, cooledSegments, rawEpochs, kept, ...removed } = outcome
        console.log(
          `${dryRun ? 'would move' : 'moved'} to the cold tier: ${cooledDays} days of ${cooledSegments} segments`,
        )
        console.log(`raw files ${dryRun ? 'that would go' : 'gone'}: of ${rawEpochs} epochs`)
        for (const why of kept) console.log(`! ${why}`)
        if (!dryRun)
          console.log(
            `removed: ${Object.entries(removed)
              .map(([what, n]) => `${what} ${n}`)
              .join(' · ')}`,
          )
      } finally {
        await workflows.close()
      }
    })
}
