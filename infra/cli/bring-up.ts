import { jsonLogger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import type { Instance } from '../instance/instance.js'
import { LAYERS, startLayer, waitForLayers } from '../instance/layers.js'
import { prepare } from '../instance/prepare.js'

/** Engines, then what the layers expect, then the layers; returns when all of it answers. Safe to repeat. */
export async function bringUp(instance: Instance, options: { readonly defaultEpochMs: number; readonly say: (line: string) => void }): Promise<void> {
  await instance.engines.up()
  options.say('preparing topics, epochs and schedules')
  await prepare(instance, { clock: systemClock, logger: jsonLogger('prepare'), defaultEpochMs: options.defaultEpochMs })
  options.say('starting the layers')
  for (const layer of LAYERS) await startLayer(instance, layer)
  await waitForLayers(instance)
}

