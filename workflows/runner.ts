import { setTimeout as delay } from 'node:timers/promises'
import { NativeConnection, type Worker } from '@temporalio/worker'
import type { TemporalConnection } from '../stores/connections.js'
import type { Logger } from '../stores/logger.js'
import { createWorker } from './create-worker.js'
import { type ActivityOptions, openActivities } from './open-activities.js'
import { temporalAddress } from './temporal-address.js'
import { installRuntime } from './temporal-runtime.js'
import { TASK_QUEUE, type WorkflowNames } from './workflow-names.js'

export interface WorkerOptions extends WorkflowNames, ActivityOptions {
  /** Aborted: no new steps are taken, those under way get a few seconds, then everything is closed. */
  readonly signal: AbortSignal
  /** Called once the worker takes steps. */
  readonly onReady?: () => void
}

const CONNECT = { minDelayMs: 250, maxDelayMs: 5_000, multiplier: 2, maxAttempts: 30 }

/**
 * Runs the batch layer as a Temporal worker until `signal` is aborted; then resolves within a few seconds. Small on
 * purpose: a few workflows in memory, a few steps at a time.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { connections, logger, signal, taskQueue = TASK_QUEUE } = options
  const releasers: (() => Promise<void> | void)[] = []
  try {
    const batch = await openActivities(options)
    releasers.push(() => batch.close())
    installRuntime(logger)
    const connection = await connect(connections.temporal, logger, signal)
    releasers.push(() => connection.close())
    const worker = await createWorker({
      connection,
      namespace: connections.temporal.namespace,
      taskQueue,
      activities: batch.activities,
      logger,
    })
    await runUntil(worker, signal, options.onReady)
  } catch (error) {
    // a stop while something was still being waited for is a stop, not a failure
    if (!signal.aborted) throw error
  } finally {
    for (const release of releasers.reverse()) {
      try {
        await release()
      } catch (error) {
        logger.warn({ error }, 'closing failed')
      }
    }
  }
}

async function runUntil(worker: Worker, signal: AbortSignal, onReady: (() => void) | undefined): Promise<void> {
  if (signal.aborted) return
  const stop = (): void => worker.shutdown()
  const running = worker.run()
  signal.addEventListener('abort', stop, { once: true })
  try {
    onReady?.()
    await running
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function connect(temporal: TemporalConnection, logger: Logger, signal: AbortSignal): Promise<NativeConnection> {
  for (
    let attempt = 1, delayMs = CONNECT.minDelayMs;
    ;
    attempt++, delayMs = Math.min(delayMs * CONNECT.multiplier, CONNECT.maxDelayMs)
  ) {
    try {
      return await NativeConnection.connect(temporalAddress(temporal))
    } catch (cause) {
      if (attempt === CONNECT.maxAttempts) throw new Error(`Temporal at ${temporal.address} does not answer`, { cause })
      if (attempt === 1) logger.warn({ address: temporal.address }, 'Temporal does not answer yet; trying again')
      await delay(delayMs, undefined, { signal })
    }
  }
}
