import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Catalog } from '../../../core/define/compile-catalog.js'
import {
  BACKFILL_CHOICES,
  BACKFILL_ORDERS,
  type BackfillChoice,
  MAX_BACKFILL_CONCURRENCY,
} from '../../../core/seam/index.js'
import { jsonLogger } from '../../../stores/logger.js'
import { openWorkflows, type Workflows } from '../../../workflows/client.js'
import { parseEpoch, recordedEpochs } from '../../instance/epochs.js'
import { openInstance } from '../../instance/instance.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'

interface BackfillOptions {
  from?: string
  to?: string
  only: BackfillChoice
  dryRun?: boolean
  concurrency: number
  json?: boolean
}

export function addBackfill(program: Command): void {
  const backfill = program
    .command('backfill')
    .description('recompute the segments of sealed epochs from the lake and publish them behind the diff gate')
    .argument('<name>', 'a view, or a stream for all of its views')
    .option('--from <epoch>', 'first epoch (append time): its start, yyyyMMddTHHmmssZ, or its index; inclusive')
    .option('--to <epoch>', 'end, exclusive; default: everything that is published')
    .addOption(
      new Option('--only <which>', 'what a view lacks, also what is made of something else than today, or all again')
        .choices(BACKFILL_CHOICES)
        .default('all'),
    )
    .option('--dry-run', 'only say what would be computed')
    .option('--concurrency <n>', 'segments computed at once, 1 to 8', parseConcurrency, 1)
    .option('--json', 'one line of JSON')
    .action(async (name: string, options: BackfillOptions) => {
      const instance = await openInstance()
      const { view, streams } = subjectOf(instance.catalog, name)
      const epochs = await recordedEpochs(instance)
      await withWorkflows(await instance.connections(), async (workflows) => {
        const reports = []
        for (const stream of streams) {
          const epochMs = epochs.get(stream)
          if (epochMs === undefined) continue
          const { run, result } = await workflows.startBackfill({
            stream,
            view,
            fromEpoch: options.from === undefined ? undefined : parseEpoch(options.from, epochMs, '--from'),
            toEpoch: options.to === undefined ? undefined : parseEpoch(options.to, epochMs, '--to'),
            only: options.only,
            dryRun: options.dryRun,
            concurrency: options.concurrency,
          })
          if (!options.json) console.error(`${stream}: ${run} (tandem backfill pause|resume|cancel|progress <run>)`)
          reports.push({ run, ...(await result()) })
        }
        if (options.json) return printJson({ streams: reports })
        printTable(
          reports.map(({ stream, status, missing, stale, fresh, segments, changedWindows, snapshot }) => ({
            stream,
            status,
            missing,
            stale,
            fresh,
            segments,
            changedWindows,
            snapshot,
          })),
        )
        for (const reason of reports.flatMap(({ because }) => because)) console.log(reason)
      })
    })
  for (const order of [...BACKFILL_ORDERS, 'progress'] as const) {
    backfill
      .command(order)
      .description(order === 'progress' ? 'how far a backfill has come' : `${order} a backfill that is running`)
      .argument('<run>', 'id of the run, as printed when it was started')
      .option('--json', 'one line of JSON')
      .action(async (run: string, _options: unknown, command: Command) => {
        const { json } = command.optsWithGlobals<{ json?: boolean }>()
        const instance = await openInstance()
        await withWorkflows(await instance.connections(), async (workflows) => {
          if (order !== 'progress') {
            const now = await workflows.orderBackfill(run, order)
            return json ? printJson({ run, ...now }) : printTable([{ run, ...now }])
          }
          const found = await workflows.backfillOf(run)
          if (found === null) throw new UserError(`There is no backfill "${run}".`)
          if (json) return printJson(found)
          const { stream, state, done, of, problem } = found
          printTable([{ run, stream, state, done, of }])
          if (problem !== null) console.log(problem)
        })
      })
  }
}

/** A view with the streams that feed it, or a stream with all of its views. */
function subjectOf(catalog: Catalog, name: string): { readonly view?: string; readonly streams: readonly string[] } {
  const view = catalog.views.get(name)
  if (view !== undefined) return { view: name, streams: [...new Set(view.parts.map((part) => part.stream.name))] }
  if (catalog.streams.has(name)) return { streams: [name] }
  const known = [...catalog.views.keys(), ...catalog.streams.keys()].join(', ')
  throw new UserError(`There is no view and no stream "${name}"; there are: ${known}.`)
}

function parseConcurrency(text: string): number {
  const n = Number(text)
  if (!Number.isInteger(n) || n < 1 || n > MAX_BACKFILL_CONCURRENCY)
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MAX_BACKFILL_CONCURRENCY}.`)
  return n
}

async function withWorkflows(
  connections: Parameters<typeof openWorkflows>[0],
  use: (workflows: Workflows) => Promise<void>,
): Promise<void> {
  const workflows = await openWorkflows(connections, { logger: jsonLogger('cli') })
  try {
    await use(workflows)
  } finally {
    await workflows.close()
  }
}
