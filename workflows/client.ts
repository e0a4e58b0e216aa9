import { randomUUID } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import type { Catalog } from '../core/define/compile-catalog.js'
import type { Releases } from '../core/seam/index.js'
import type { Connections } from '../stores/connections.js'
import type { Logger } from '../stores/logger.js'
import type { StreamSettings } from '../stores/warm/warm-port.js'
import { type RefreshWorkflows, refreshWorkflows } from './refresh-client.js'
import { ensureRefreshSchedule, removeRefreshSchedule } from './refresh-schedule.js'
import { type RestateWorkflows, restateWorkflows } from './restate-client.js'
import { resultOf } from './result-of.js'
import { listRuns, type RunFilter, type RunSummary } from './runs.js'
import { ensureSchedule, removeSchedules } from './schedules.js'
import { registerSearchAttributes } from './search-attributes.js'
import { temporalAddress } from './temporal-address.js'
import { TemporalUnavailableError } from './temporal-unavailable-error.js'
import type { ImportInput, ImportReport } from './workflow/import-contract.js'
import type { importFile } from './workflow/import-file.js'
import type { EpochChoice, SealInput, SealReport } from './workflow/seal-contract.js'
import type { sealEpoch } from './workflow/seal-epoch.js'
import { TASK_QUEUE, type WorkflowNames } from './workflow-names.js'

export interface ScheduleSettings {
  /** Epoch length per stream, as registered. Streams of the catalog without settings get no schedule. */
  readonly streams: readonly StreamSettings[]
  /** How long after its end an epoch is sealed, ms. */
  readonly sealMarginMs: number
}

export interface SealNowOptions {
  /** The epoch to seal up to; by default the last one that has ended. The run waits where it has not ended. */
  readonly epoch?: number
  /** Seal up to the epoch that is running now, once it has ended. */
  readonly wait?: boolean
  /** Why, as the Temporal UI shows it. @default 'manual' */
  readonly reason?: string
  /** Cuts and lost ranges, to be put in force before. */
  readonly releases?: Releases
}

export interface ImportOptions {
  readonly stream: string
  /** Absolute, on the worker's machine. */
  readonly path: string
  /** Name of a pipeline's mapping from CSV rows to records. */
  readonly mapping?: string | undefined
  /** Why the file may cover days on which the stream has data of its own. @default null: it must not */
  readonly overlap?: string | null
  /** Why it is imported, as the Temporal UI shows it. @default 'manual' */
  readonly reason?: string
}

/** The workflows as the CLI and the serving layer use them. */
export interface Workflows extends RestateWorkflows, RefreshWorkflows {
  /** One schedule per stream and one for the weekly refresh; idempotent. Schedules of streams that are not in the catalog are removed. */
  ensureSchedules(catalog: Catalog, settings: ScheduleSettings): Promise<void>
  /** Seals a stream now and waits for the result. @throws RefusedError where a guard halts it, in words; RunFailedError where it failed otherwise */
  sealNow(stream: string, options?: SealNowOptions): Promise<SealReport>
  /** Imports a file that the worker can read and waits for the result. */
  importFile(options: ImportOptions): Promise<ImportReport>
  /** Newest first. */
  runs(filter?: RunFilter): Promise<readonly RunSummary[]>
  close(): Promise<void>
}

/** @throws TemporalUnavailableError where Temporal does not answer within 10 s */
export async function openWorkflows(
  connections: Pick<Connections, 'temporal'>,
  { logger, taskQueue = TASK_QUEUE, prefix = '' }: WorkflowNames & { readonly logger: Logger },
): Promise<Workflows> {
  const { address, namespace } = connections.temporal
  let connection: Connection
  try {
    connection = await Connection.connect({ ...temporalAddress(connections.temporal), connectTimeout: '10s' })
  } catch (cause) {
    throw new TemporalUnavailableError(address, { cause })
  }
  const client = new Client({ connection, namespace })
  let registered: Promise<boolean> | null = null
  const searchAttributes = () => (registered ??= registerSearchAttributes(connection, namespace, logger))
  return {
    async ensureSchedules(catalog, settings) {
      const carried = await searchAttributes()
      for (const { stream, epochMs } of settings.streams) {
        if (!catalog.streams.has(stream)) continue
        const terms = { pipeline: catalog.pipelineOf(stream)?.name ?? '', epochMs, marginMs: settings.sealMarginMs }
        await ensureSchedule(client, { stream, terms }, { taskQueue, prefix, searchAttributes: carried })
      }
      if (catalog.streams.size > 0 && settings.streams.length > 0)
        await ensureRefreshSchedule(client, { taskQueue, prefix, searchAttributes: carried })
      else await removeRefreshSchedule(client, prefix)
      const removed = await removeSchedules(client, prefix, [...catalog.streams.keys()])
      if (removed.length > 0) logger.info({ removed }, 'schedules of streams that are no longer defined were removed')
    },
    async sealNow(stream, { epoch, wait = false, reason = 'manual', releases } = {}) {
      const choice: EpochChoice =
        epoch !== undefined ? { kind: 'epoch', epoch } : wait ? { kind: 'running' } : { kind: 'ended' }
      const input: SealInput = {
        stream,
        reason,
        choice,
        ...(releases ? { releases } : {}),
        searchAttributes: await searchAttributes(),
      }
      const workflowId = `${prefix}seal-${stream}-${reason}-${randomUUID()}`
      return resultOf(
        await client.workflow.start<typeof sealEpoch>('sealEpoch', { taskQueue, workflowId, args: [input] }),
      )
    },
    ...refreshWorkflows(client, { taskQueue, prefix }, searchAttributes),
    ...restateWorkflows(client, { taskQueue, prefix }, searchAttributes),
    async importFile({ stream, path, mapping, overlap = null, reason = 'manual' }) {
      const input: ImportInput = {
        stream,
        path,
        overlap,
        reason,
        ...(mapping === undefined ? {} : { mapping }),
        searchAttributes: await searchAttributes(),
      }
      const workflowId = `${prefix}import-${stream}-${reason}-${randomUUID()}`
      return resultOf(
        await client.workflow.start<typeof importFile>('importFile', { taskQueue, workflowId, args: [input] }),
      )
    },
    runs: (filter = {}) => listRuns(client, taskQueue, filter),
    close: () => connection.close(),
  }
}
