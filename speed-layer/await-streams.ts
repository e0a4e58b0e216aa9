import type { StreamDefinition } from '../core/define/stream-definition.js'
import type { Logger } from '../stores/logger.js'
import type { WarmStore } from '../stores/warm/index.js'
import { patiently } from './patiently.js'

/**
 * The recorded epoch length of each stream, ms; waits until all of them have one. What a stream's epoch is, is decided
 * when it is prepared for the first time, and never by a layer.
 */
export async function awaitStreams(
  streams: readonly StreamDefinition[],
  { warm, logger, signal }: { warm: Pick<WarmStore, 'streams'>; logger: Logger; signal: AbortSignal },
): Promise<ReadonlyMap<string, number>> {
  let said = ''
  const look = async (): Promise<ReadonlyMap<string, number>> => {
    const recorded = new Map((await warm.streams()).map(({ stream, epochMs }) => [stream, epochMs]))
    const missing = streams.filter(({ name }) => !recorded.has(name)).map(({ name }) => name)
    if (missing.length > 0) throw new Error(`streams not prepared yet: ${missing.join(', ')}`)
    return recorded
  }
  const onWait = (reason: string): void => {
    if (reason !== said) logger.info({ reason }, 'waiting')
    said = reason
  }
  return patiently(look, { onWait, abandoned: () => signal.aborted })
}
