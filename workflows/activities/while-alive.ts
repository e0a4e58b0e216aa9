import { Context } from '@temporalio/activity'
import type { BatchRun } from '../../batch-layer/batch-deps.js'

/** How often an activity says that it is alive, ms; well within the heartbeat timeout of the steps. */
const HEARTBEAT_MS = 2_000

/**
 * Runs one step of the batch layer as an activity: heartbeats with what it is doing until it ends, and stops it when
 * Temporal cancels it or the worker shuts down.
 */
export async function whileAlive<T>(step: (run: BatchRun) => Promise<T>): Promise<T> {
  const context = Context.current()
  let detail: Readonly<Record<string, unknown>> = {}
  const timer = setInterval(() => context.heartbeat(detail), HEARTBEAT_MS)
  try {
    return await step({
      signal: context.cancellationSignal,
      progress: (now) => {
        detail = now
      },
    })
  } catch (error) {
    // a step that was stopped fails for many reasons; that it was stopped is the one that counts
    if (context.cancellationSignal.aborted) await context.cancelled
    throw error
  } finally {
    clearInterval(timer)
  }
}
