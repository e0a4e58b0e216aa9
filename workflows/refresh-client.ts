import { randomUUID } from 'node:crypto'
import { type Client, ScheduleNotFoundError } from '@temporalio/client'
import type { RetentionOutcome, RunReport } from '../stores/warm/run-reports.js'
import { refreshScheduleId } from './refresh-schedule.js'
import { RefusedError } from './refused-error.js'
import { resultOf } from './result-of.js'
import type { RefreshInput, RetainInput } from './workflow/refresh-contract.js'
import type { retain } from './workflow/retain.js'
import type { weeklyRefresh } from './workflow/weekly-refresh.js'

export interface RefreshNowOptions {
  /** Only this pipeline. @default all of them */
  readonly pipeline?: string | undefined
  /** Seal what the sources brought before history is recomputed, which waits for the running epoch. @default false */
  readonly wait?: boolean
  /** Why, as the Temporal UI shows it. @default 'manual' */
  readonly reason?: string
  /** The instant that the interval ends at, UTC ms. @default the run's start */
  readonly scheduledMs?: number | undefined
}

/** The refresh as the CLI uses it. */
export interface RefreshWorkflows {
  /** Runs the refresh now and waits for its report. @throws RunFailedError where the run broke off */
  refreshNow(options?: RefreshNowOptions): Promise<RunReport>
  /** Retention by itself, now. */
  retainNow(options?: {
    readonly pipeline?: string | undefined
    readonly dryRun?: boolean
    readonly reason?: string
  }): Promise<RetentionOutcome>
  /** Stops the scheduled runs, or lets them go on. @throws RefusedError where there is no schedule yet */
  pauseRefresh(paused: boolean, note?: string): Promise<void>
}

export function refreshWorkflows(
  client: Client,
  { taskQueue, prefix }: { readonly taskQueue: string; readonly prefix: string },
  searchAttributes: () => Promise<boolean>,
): RefreshWorkflows {
  return {
    async refreshNow({ pipeline, wait = false, reason = 'manual', scheduledMs } = {}) {
      const input: RefreshInput = {
        pipeline: pipeline ?? null,
        reason,
        scheduledMs: scheduledMs ?? null,
        wait,
        searchAttributes: await searchAttributes(),
      }
      const workflowId = `${prefix}refresh-${pipeline ?? 'all'}-${reason}-${randomUUID()}`
      return resultOf(
        await client.workflow.start<typeof weeklyRefresh>('weeklyRefresh', { taskQueue, workflowId, args: [input] }),
      )
    },
    async retainNow({ pipeline, dryRun = false, reason = 'manual' } = {}) {
      const attributes = await searchAttributes()
      const input: RetainInput = { pipeline: pipeline ?? null, dryRun, reason, searchAttributes: attributes }
      const workflowId = `${prefix}retain-${pipeline ?? 'all'}-${reason}-${randomUUID()}`
      return resultOf(await client.workflow.start<typeof retain>('retain', { taskQueue, workflowId, args: [input] }))
    },
    async pauseRefresh(paused, note) {
      const schedule = client.schedule.getHandle(refreshScheduleId(prefix))
      try {
        if (paused) await schedule.pause(note)
        else await schedule.unpause(note)
      } catch (cause) {
        if (!(cause instanceof ScheduleNotFoundError)) throw cause
        throw new RefusedError('the weekly refresh has no schedule yet; `tandem up` makes it', { cause })
      }
    },
  }
}
