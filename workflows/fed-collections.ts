import { setTimeout as delay } from 'node:timers/promises'
import { ensureFed } from '../batch-layer/collections/ensure-fed.js'
import type { RebuildDeps } from '../batch-layer/collections/rebuild-generation.js'
import type { CollectionDefinition } from '../core/define/collection-definition.js'

const BACK_OFF = { minDelayMs: 1_000, maxDelayMs: 30_000, multiplier: 2 } as const

/**
 * Gives every fed collection a generation of its definition, one after the other, in the background: where there is one,
 * which is nearly always, that is one look. Tries again while an engine is away; ends with the signal.
 */
export async function ensureFedCollections(
  deps: RebuildDeps,
  definitions: readonly CollectionDefinition[],
  signal: AbortSignal,
): Promise<void> {
  for (const collection of definitions.filter(({ feed }) => feed !== null)) {
    for (let delayMs: number = BACK_OFF.minDelayMs; !signal.aborted; ) {
      try {
        await ensureFed(deps, collection, { signal })
        break
      } catch (error) {
        if (signal.aborted) return
        deps.logger.warn({ collection: collection.name, error }, 'a fed collection waits for its first generation')
        await delay(delayMs, undefined, { signal }).catch(() => undefined) // the signal ends the loop
        delayMs = Math.min(delayMs * BACK_OFF.multiplier, BACK_OFF.maxDelayMs)
      }
    }
  }
}
