import { ledgerView } from '../../core/compile/ledger-view.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { type LakeStore, openLake, type Scratch } from '../../stores/lake/index.js'
import { openLog } from '../../stores/log/index.js'
import type { LogStore } from '../../stores/log/log-port.js'
import { jsonLogger } from '../../stores/logger.js'
import { openReleases, type ReleaseStore } from '../../stores/warm/index.js'
import { recordedEpochs } from '../instance/epochs.js'
import type { Instance } from '../instance/instance.js'
import { apiUrl } from '../instance/layers.js'
import { UserError } from '../instance/user-error.js'
import { type LoadedStream, loadStream, type Prefix } from './load-stream.js'
import { importsTable } from './prefix-sql.js'
import { verifyLedger } from './verify-ledger.js'
import { verifyView } from './verify-view.js'
import { type WholeAnswer, wholeAnswer } from './whole-answer.js'

export interface Verdict {
  /** (view, cell, measure) that differ + ledger entries that do not balance. */
  readonly drift: number
  readonly views: number
  readonly cells: number
  readonly records: number
  readonly ledger: LedgerTotals
  /** Views and ledgers that were not recounted, as raw files that they count have expired. */
  readonly skipped: readonly string[]
  /** The first differences, in words. */
  readonly differences: readonly string[]
}

export interface LedgerTotals {
  readonly read: number
  readonly accepted: number
  readonly rejected: number
  readonly duplicates: number
}

/** What one view or ledger contributes to the verdict. */
export interface Findings {
  readonly cells: number
  readonly drift: number
  readonly differences: readonly string[]
}

const SHOWN = 20

/**
 * Takes one whole answer per view and per ledger, brings every record below the answers' prefixes and every imported row
 * into DuckDB, counts again
 * with the database's own aggregates, and compares.
 */
export async function verify(instance: Instance, { say }: { readonly say: (line: string) => void }): Promise<Verdict> {
  const { catalog, home } = instance
  const api = process.env.TANDEM_API_URL ?? (await apiUrl(home))
  if (!api) throw new UserError('This home has no API yet: start it with tandem up.')
  const epochs = await recordedEpochs(instance)
  const answers = await Promise.all(
    [...catalog.views.values()].map(async (view) => ({ view, answer: await wholeAnswer(api, view) })),
  )
  const ledgers = await Promise.all(
    [...catalog.streams.values()].map(async (stream) => ({
      stream,
      answer: await wholeAnswer(api, ledgerView(stream, epochs.get(stream.name) as number)),
    })),
  )
  const needed = prefixesNeeded([...answers, ...ledgers].map(({ answer }) => answer))

  const connections = await instance.connections()
  const lake = await openLake(home.lake)
  const log = await openLog(connections.kafka, { clientId: 'tandem-verify', logger: jsonLogger('verify') })
  const releases = await openReleases(connections.mongo)
  const scratch = await lake.openScratch()
  try {
    const loaded = await loadAll(instance, { lake, log, scratch, releases }, epochs, needed, say)
    const findings: Findings[] = []
    const skipped: string[] = []
    for (const { view, answer } of answers) {
      if (view.parts.some(({ stream }) => lacksRaw(loaded.get(stream.name), view.sinceMs))) {
        skipped.push(view.name)
        continue
      }
      say(`recounting ${view.name}`)
      findings.push(await verifyView(scratch, view as ViewDefinition, answer, loaded))
    }
    const viewFindings = [...findings]
    const totals = { read: 0, accepted: 0, rejected: 0, duplicates: 0 }
    for (const { stream, answer } of ledgers) {
      if (lacksRaw(loaded.get(stream.name))) {
        skipped.push(`${stream.name}.ledger`)
        continue
      }
      const { findings: found, counted } = await verifyLedger(
        scratch,
        stream,
        epochs.get(stream.name) as number,
        answer,
        loaded.get(stream.name) as LoadedStream,
      )
      findings.push(found)
      for (const key of Object.keys(totals) as (keyof LedgerTotals)[]) totals[key] += counted[key]
    }
    return {
      drift: findings.reduce((sum, { drift }) => sum + drift, 0),
      views: viewFindings.length,
      cells: viewFindings.reduce((sum, { cells }) => sum + cells, 0),
      records: totals.read,
      skipped,
      ledger: totals,
      differences: findings.flatMap(({ differences }) => differences).slice(0, SHOWN),
    }
  } finally {
    await scratch.close()
    await releases.close()
    await log.close()
    await lake.close()
  }
}

/** Whether raw files of epochs that count have expired. */
function lacksRaw(loaded: LoadedStream | undefined, sinceMs = Number.NEGATIVE_INFINITY): boolean {
  const from = loaded?.rawFromMs ?? null
  return from !== null && from > sinceMs
}

async function loadAll(
  { catalog }: Instance,
  stores: { lake: LakeStore; log: LogStore; scratch: Scratch; releases: Pick<ReleaseStore, 'of'> },
  epochs: ReadonlyMap<string, number>,
  needed: ReadonlyMap<string, Prefix>,
  say: (line: string) => void,
): Promise<ReadonlyMap<string, LoadedStream>> {
  const loaded = new Map<string, LoadedStream>()
  for (const stream of catalog.streams.values()) {
    const epochMs = epochs.get(stream.name)
    if (!epochMs) throw new UserError(`Stream "${stream.name}" was never started.`)
    say(`loading ${stream.name}`)
    const imports = await stores.lake.imports.manifests(stream.name)
    await stores.scratch.loadImports(importsTable(stream.name), imports, stream)
    const releases = await stores.releases.of(stream.name)
    loaded.set(stream.name, await loadStream(stores, stream, epochMs, needed.get(stream.name) ?? {}, releases))
  }
  return loaded
}

/** Per stream and partition the farthest prefix of any answer. */
function prefixesNeeded(answers: readonly WholeAnswer[]): ReadonlyMap<string, Prefix> {
  const needed = new Map<string, Record<number, number>>()
  for (const { prefix } of answers)
    for (const [stream, offsets] of Object.entries(prefix)) {
      const farthest = needed.get(stream) ?? {}
      for (const [partition, to] of Object.entries(offsets))
        farthest[Number(partition)] = Math.max(farthest[Number(partition)] ?? 0, to)
      needed.set(stream, farthest)
    }
  return needed
}
