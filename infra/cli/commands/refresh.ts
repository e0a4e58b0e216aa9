import type { Command } from 'commander'
import { jsonLogger } from '../../../stores/logger.js'
import type { RunReport } from '../../../stores/warm/run-reports.js'
import { openWorkflows } from '../../../workflows/client.js'
import { openInstance } from '../../instance/instance.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'
import { sayIfNoWorker } from '../say-if-no-worker.js'

interface RefreshOptions {
  readonly wait?: boolean
  readonly json?: boolean
  readonly pause?: string | true
  readonly resume?: boolean
}

export function addRefresh(program: Command): void {
  program
    .command('refresh')
    .description('the weekly run, now: sources, recomputed and compacted history, diff gate, retention, report')
    .argument('[pipeline]', 'only this one; default: all')
    .option('--wait', 'seal what the sources brought, once its epoch has ended, before history is recomputed')
    .option('--pause [note]', 'no scheduled runs until --resume; runs nothing now')
    .option('--resume', 'scheduled runs again; runs nothing now')
    .option('--json', 'one line of JSON')
    .action(async (pipeline: string | undefined, options: RefreshOptions) => {
      const instance = await openInstance()
      const names = instance.catalog.pipelines.map(({ name }) => name)
      if (pipeline !== undefined && !names.includes(pipeline))
        throw new UserError(`There is no pipeline "${pipeline}"; there are: ${names.join(', ')}.`)
      const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('cli') })
      try {
        if (options.pause || options.resume) {
          const paused = Boolean(options.pause)
          await workflows.pauseRefresh(paused, typeof options.pause === 'string' ? options.pause : undefined)
          console.log(paused ? 'the weekly refresh is paused' : 'the weekly refresh runs again')
          return
        }
        await sayIfNoWorker(instance)
        const report = await workflows.refreshNow({ pipeline, wait: options.wait ?? false })
        if (options.json) printJson(summaryOf(report))
        else printReport(report)
        if (report.status === 'failed') process.exitCode = 1
      } finally {
        await workflows.close()
      }
    })
}

function summaryOf({ id, workflowId, status, sources, streams, views, changedWindows, ...rest }: RunReport) {
  return {
    run: id,
    workflow: workflowId,
    status,
    sources: sources.map(({ name, landed, loaded, unchanged, checksum, errors }) => ({
      name,
      landed,
      loaded,
      unchanged,
      checksum,
      errors,
    })),
    views,
    changedWindows,
    seconds: ((rest.endedMs ?? rest.startedMs) - rest.startedMs) / 1000,
    streams: streams.map(({ stream, status, snapshot, segments, computed, checksum }) => ({
      stream,
      status,
      snapshot,
      segments,
      computed,
      checksum,
    })),
    collections: rest.collections.map(({ collection, status, generation, loaded, checksum }) => ({
      collection,
      status,
      generation,
      loaded,
      checksum,
    })),
    problems: rest.problems,
  }
}

/** A run as a person reads it. */
export function printReport(report: RunReport): void {
  const { id, status, week, sources, streams, collections, views, changedWindows, problems } = report
  if (sources.length > 0)
    printTable(
      sources.map(({ errors, ...source }) => ({ ...source, errors: errors.length })),
      ['name', 'status', 'landed', 'read', 'loaded', 'unchanged', 'rejected', 'errors', 'seconds'],
    )
  printTable(
    streams.map((stream) => ({ ...stream })),
    ['stream', 'status', 'records', 'views', 'segments', 'computed', 'changedWindows', 'snapshot', 'seconds'],
  )
  if (collections.length > 0)
    printTable(
      collections.map((collection) => ({ ...collection })),
      ['collection', 'status', 'generation', 'loaded', 'seconds'],
    )
  for (const problem of problems) console.log(`! ${problem}`)
  console.log(`${status}: week of ${week}, ${views} views, ${changedWindows} changed windows; run ${id}`)
}
