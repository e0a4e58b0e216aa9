import { sleep, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import type { RestatedStream } from '../../batch-layer/restate/restate-stream.js'
import { longSteps, shortSteps } from './activity-options.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import type { RestateInput } from './restate-contract.js'

/** So long hot state that lags is waited for; the next seal starts the run again. */
const MAX_WAIT_MS = 600_000
const MAX_PAUSE_MS = 15_000

/**
 * Puts a stream's changed definitions in force: their history is computed from the lake, and they take over once their hot
 * state is there. The old ones answer, and are sealed and published by, until then.
 */
export async function restate({ stream, pipeline, reason, searchAttributes }: RestateInput): Promise<RestatedStream> {
  const subject = { pipeline, stream, reason }
  upsertMemo(memoOf(subject))
  if (searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))
  for (let waitedMs = 0, pauseMs = 1_000; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    const restated = await longSteps.restateStream({ stream })
    if (restated.state === 'published') await shortSteps.setAliases({ stream })
    if (restated.state !== 'waiting' || waitedMs >= MAX_WAIT_MS) return restated
    await sleep(pauseMs)
    waitedMs += pauseMs
  }
}
