import type { Command } from 'commander'
import type { Releases } from '../../../core/seam/index.js'
import { jsonLogger } from '../../../stores/logger.js'
import { openWorkflows } from '../../../workflows/client.js'
import type { SealReport } from '../../../workflows/workflow/seal-contract.js'
import { parseEpoch, recordedEpochs } from '../../instance/epochs.js'
import { openInstance } from '../../instance/instance.js'
import { parseCut, parseLost } from '../../instance/parse-releases.js'
import { pickStreams } from '../../instance/pick-streams.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'
import { reportError } from '../report-error.js'
import { sayIfNoWorker } from '../say-if-no-worker.js'

interface SealOptions {
  readonly epoch?: string
  readonly cut: readonly string[]
  readonly acceptLoss: readonly string[]
  readonly wait?: boolean
  readonly json?: boolean
}

export function addSeal(program: Command): void {
  program
    .command('seal')
    .description('seal every epoch that has ended: Parquet, segments, parity, snapshot')
    .argument('[streams...]', 'default: all')
    .option('--epoch <epoch>', 'up to this epoch: its start, yyyyMMddTHHmmssZ, or its index')
    .option(
      '--cut <partition@offset=epoch>',
      'count a record (or offset-end) with a mad broker time in this epoch; one stream, repeatable',
      collect,
      [],
    )
    .option(
      '--accept-loss <partition:from-to>',
      'go on behind offsets that the broker deleted unsealed; one stream, repeatable',
      collect,
      [],
    )
    .option('--wait', 'also the running epoch, once it has ended')
    .option('--json', 'one line of JSON')
    .action(async (names: string[], options: SealOptions) => {
      const instance = await openInstance()
      const streams = pickStreams(instance.catalog, names)
      const released = options.cut.length + options.acceptLoss.length > 0
      if (released && streams.length !== 1)
        throw new UserError('--cut and --accept-loss are about one stream: name it, as in "tandem seal trips --cut …".')
      const epochs =
        options.epoch === undefined && !released ? new Map<string, number>() : await recordedEpochs(instance)
      const asked = streams.map(({ name }) => {
        const epochMs = epochs.get(name)
        const epoch = options.epoch !== undefined && epochMs ? parseEpoch(options.epoch, epochMs, '--epoch') : undefined
        return { name, epoch, releases: released ? releasesOf(options, name, epochMs) : undefined }
      })
      await sayIfNoWorker(instance)
      const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('cli') })
      try {
        const outcomes = await Promise.allSettled(
          asked.map(({ name, ...choice }) => workflows.sealNow(name, { ...choice, wait: options.wait ?? false })),
        )
        const reports = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
        const failures: unknown[] = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
        if (options.json) printJson({ streams: reports })
        else if (reports.length > 0) printSealed(reports)
        // one stream that is halted keeps nobody from seeing what became of the others
        for (const failure of failures) process.exitCode = reportError(failure)
      } finally {
        await workflows.close()
      }
    })
}

function printSealed(reports: readonly SealReport[]): void {
  printTable(
    reports.map(({ stream, fromEpoch, toEpoch, read, rejected, duplicates, ...made }) => ({
      stream,
      epochs: toEpoch - fromEpoch,
      read,
      rejected,
      duplicates,
      segments: made.segments,
      cells: made.cells,
      equal: made.parity.equal,
      different: made.parity.different,
      uncompared: made.parity.uncompared,
      snapshot: made.snapshot,
    })),
  )
}

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text]

function releasesOf({ cut, acceptLoss }: SealOptions, stream: string, epochMs: number | undefined): Releases {
  if (epochMs === undefined) throw new UserError(`Stream "${stream}" was never started: it has no epochs.`)
  return { cuts: cut.map((text) => parseCut(text, epochMs)), lost: acceptLoss.map(parseLost) }
}
