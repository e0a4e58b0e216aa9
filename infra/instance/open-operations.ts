import { NoReplyError, within } from '../../serving-layer/mirror/within.js'
import { OperationRefusedError, type Operations } from '../../serving-layer/operations.js'
import { UnavailableError } from '../../serving-layer/unavailable-error.js'
import type { Connections } from '../../stores/connections.js'
import type { Logger } from '../../stores/logger.js'
import type { Workflows } from '../../workflows/client.js'

/** Longest wait for Temporal to take a request, ms. Its client tries again by itself meanwhile. */
const REPLY_WITHIN_MS = 15_000

/** What the API lets people do, carried out by workflows. Temporal and its client are not touched before the first request. */
export function openOperations(
  connections: Pick<Connections, 'temporal'>,
  logger: Logger,
): { readonly operations: Operations; close(): Promise<void> } {
  const { address } = connections.temporal
  let opened: Promise<Workflows> | null = null
  const open = async (): Promise<Workflows> => {
    const { openWorkflows } = await import('../../workflows/client.js')
    opened ??= openWorkflows(connections, { logger })
    try {
      return await opened
    } catch (error) {
      opened = null // the next request tries again
      throw error
    }
  }
  const use = <T>(ask: (workflows: Workflows) => Promise<T>): Promise<T> =>
    within(REPLY_WITHIN_MS, `Temporal at ${address}`, open().then(ask)).catch(translate)
  return {
    operations: {
      startBackfill: (asked) => use(async (workflows) => (await workflows.startBackfill(asked)).run),
      backfills: (filter) => use(async (workflows) => (await workflows.backfills(filter)).map((one) => ({ ...one }))),
      backfill: (run) =>
        use(async (workflows) => {
          const found = await workflows.backfillOf(run)
          return found === null ? null : { ...found }
        }),
      orderBackfill: (run, order) => use((workflows) => workflows.orderBackfill(run, order)),
      decideSnapshot: (action, snapshot, reason) =>
        use(async (workflows) => {
          const { run, result } = await workflows.startDecision(action, snapshot, reason)
          return { run, result: () => result().catch(translate) }
        }),
    },
    close: async () => {
      await (await opened?.catch(() => null))?.close()
    },
  }
}

/** By their names, so that a process that never decides anything does not load Temporal's client. */
function translate(error: unknown): never {
  if (!(error instanceof Error)) throw error
  if (error.name === 'RefusedError') throw new OperationRefusedError(error.message, { cause: error })
  if (error.name === 'TemporalUnavailableError' || error instanceof NoReplyError)
    throw new UnavailableError(error.message, 'temporal', {}, { cause: error })
  throw error
}
