import { jsonLogger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import { pointPrometheusAt } from '../engines/index.js'
import { rememberedApiPort } from '../instance/free-port.js'
import type { Instance } from '../instance/instance.js'
import { LAYERS, startLayer, waitForLayers } from '../instance/layers.js'
import { prepare } from '../instance/prepare.js'

export interface BringUpOptions {
  /** Epoch of streams that have none yet, where `TANDEM_EPOCH` does not say. */
  readonly defaultEpochMs: number
  readonly say: (line: string) => void
  /** Interrupts provisioning and the start of engines. */
  readonly signal?: AbortSignal
}

/** Engines, then what the layers expect, then the layers; returns when all of it answers. Safe to repeat. */
export async function bringUp(instance: Instance, options: BringUpOptions): Promise<void> {
  await instance.engines.up({ signal: options.signal })
  options.say('preparing topics, epochs and schedules')
  await prepare(instance, { clock: systemClock, logger: jsonLogger('prepare'), defaultEpochMs: options.defaultEpochMs })
  options.say('starting the layers')
  for (const layer of LAYERS) await startLayer(instance, layer)
  await waitForLayers(instance)
  const port = await rememberedApiPort(instance.home)
  if (port) await pointPrometheusAt(instance.home.root, port)
}
