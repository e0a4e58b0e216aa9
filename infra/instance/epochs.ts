import { epochOfText } from '../../core/time/epoch-start-text.js'
import { openWarm } from '../../stores/warm/index.js'
import type { Instance } from './instance.js'
import { UserError } from './user-error.js'

/** The recorded epoch length of every stream that was ever started, ms. */
export async function recordedEpochs(instance: Instance): Promise<ReadonlyMap<string, number>> {
  const warm = await openWarm((await instance.connections()).mongo)
  try {
    return new Map((await warm.streams()).map(({ stream, epochMs }) => [stream, epochMs]))
  } finally {
    await warm.close()
  }
}

/** An epoch as a person gives it: its index, or its start as `yyyyMMddTHHmmssZ`. Epochs are append time, never event time. */
export function parseEpoch(text: string, epochMs: number, option: string): number {
  try {
    return epochOfText(text, epochMs)
  } catch (error) {
    throw new UserError(`${option}: ${(error as Error).message}.`)
  }
}
