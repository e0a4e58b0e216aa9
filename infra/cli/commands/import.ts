import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { jsonLogger } from '../../../stores/logger.js'
import { openWorkflows } from '../../../workflows/client.js'
import type { ImportReport } from '../../../workflows/workflow/import-contract.js'
import { openInstance } from '../../instance/instance.js'
import { pickStreams } from '../../instance/pick-streams.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'

interface ImportOptions {
  mapping?: string
  overlap?: string
  json?: boolean
}

export function addImport(program: Command): void {
  program
    .command('import')
    .description('bring files straight into the lake, past Kafka: history, dumps; the same file twice counts once')
    .argument('<stream>')
    .argument(
      '<files...>',
      '.csv, .ndjson or .jsonl (each also with .gz), or .parquet; the worker must be able to read them',
    )
    .option('--mapping <name>', "a pipeline's mapping from CSV rows to records")
    .option('--overlap <reason>', 'also where the stream has data of its own on the same days, and why that is right')
    .option('--json', 'one line of JSON per file')
    .action(async (stream: string, files: string[], options: ImportOptions) => {
      const { overlap, mapping } = options
      if (overlap !== undefined && overlap.trim() === '') throw new UserError('--overlap needs a reason.')
      const paths = files.map((file) => resolve(file))
      for (const [i, path] of paths.entries()) {
        await access(path).catch(() => {
          throw new UserError(`${files[i]} cannot be read: does it exist?`)
        })
      }
      const instance = await openInstance()
      pickStreams(instance.catalog, [stream])
      if (mapping !== undefined && !instance.catalog.mappings.has(mapping)) {
        const known = [...instance.catalog.mappings.keys()].join(', ') || 'none'
        throw new UserError(`There is no mapping "${mapping}"; there are: ${known}.`)
      }
      const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('cli') })
      try {
        for (const [i, path] of paths.entries()) {
          const report = await workflows.importFile({ stream, path, mapping, overlap })
          print(files[i] as string, report, options.json ?? false)
        }
      } finally {
        await workflows.close()
      }
    })
}

function print(file: string, report: ImportReport, json: boolean): void {
  const { sha256, rows, accepted, rejected, duplicates, already, reasons, examples, events, ...rest } = report
  if (json) {
    const { checksum, rejectedFiles, snapshot } = rest
    const counts = { rows, accepted, rejected, duplicates, already }
    printJson({ file, sha256, ...counts, reasons, examples, rejectedFiles, events, checksum, snapshot })
    return
  }
  const range = events === null ? 'no events' : `events ${day(events.fromMs)} to ${day(events.toMs)}`
  const what = already ? 'was imported before, nothing changed' : 'imported'
  console.log(
    `${file}: ${what}; ${rows} rows = ${accepted} accepted + ${rejected} rejected + ${duplicates} duplicates; ${range}`,
  )
  for (const [reason, count] of Object.entries(reasons)) console.log(`  rejected ${count}: ${reason}`)
  if (examples.length > 0) printTable(examples.map((row) => ({ ...row })))
  if (rejected > examples.length)
    console.log(`  all of them: tandem imports rejected ${report.stream} ${sha256.slice(0, 12)}`)
}

function day(ms: number): string {
  return new Date(ms).toISOString()
}
