import { setTimeout as delay } from 'node:timers/promises'
import { isGrpcServiceError, type WorkflowHandle } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { RefusedError, RunFailedError } from './refused-error.js'
import { REFUSALS } from './workflow/refusals.js'

/** The run goes on without us, so its result is worth waiting for while Temporal restarts. */
const AWAY = { minDelayMs: 500, maxDelayMs: 5_000, multiplier: 2, maxAttempts: 60 }
/** gRPC's code for a server that is not there. */
const UNAVAILABLE = 14

/**
 * What a run returned.
 *
 * @throws RefusedError with the message of the step that refused to go on
 * @throws RunFailedError where it failed otherwise
 */
export async function resultOf<R>(handle: Pick<WorkflowHandle<() => Promise<R>>, 'result' | 'workflowId'>): Promise<R> {
  for (
    let attempt = 1, delayMs = AWAY.minDelayMs;
    ;
    attempt++, delayMs = Math.min(delayMs * AWAY.multiplier, AWAY.maxDelayMs)
  ) {
    try {
      return await handle.result()
    } catch (error) {
      const causes = causesOf(error)
      if (!causes.some(isAway)) throw failureOf(handle.workflowId, error, causes)
      if (attempt === AWAY.maxAttempts) throw error
      await delay(delayMs)
    }
  }
}

function failureOf(run: string, error: unknown, causes: readonly Error[]): Error {
  const refusal = causes.find((one) => one instanceof ApplicationFailure && REFUSALS.includes(one.type ?? ''))
  if (refusal !== undefined) return new RefusedError(refusal.message, { cause: error })
  return new RunFailedError(run, causes.at(-1)?.message ?? String(error), { cause: error })
}

/** A failed run hides what happened two causes deep; the innermost one is worth telling. */
export function causesOf(error: unknown): readonly Error[] {
  const causes: Error[] = []
  for (let at = error; at instanceof Error; at = at.cause) causes.push(at)
  return causes
}

function isAway(error: Error): boolean {
  return isGrpcServiceError(error) && error.code === UNAVAILABLE
}
