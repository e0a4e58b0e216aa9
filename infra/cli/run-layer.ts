import { setPriority } from 'node:os'
import { jsonLogger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import { apiPort } from '../instance/free-port.js'
import { type Instance, openInstance } from '../instance/instance.js'
import type { Layer } from '../instance/layers.js'
import { openOperations } from '../instance/open-operations.js'
import { retentionOf } from '../instance/retention.js'
import { sealMarginMs } from '../instance/seal-margin.js'
import { untilSignal } from './until-signal.js'

/** Niceness of the batch layer: on a shared machine recomputing waits for what is live, never the other way round. */
const BACKGROUND = 10

/** Runs one layer in this process until it is told to stop. Each layer's code is loaded only where it runs. */
export async function runLayer(layer: Layer): Promise<void> {
  const signal = untilSignal()
  const instance = await openInstance()
  await RUN[layer](instance, signal)
}

const RUN: Readonly<Record<Layer, (instance: Instance, signal: AbortSignal) => Promise<void>>> = {
  async speed(instance, signal) {
    const { runSpeed } = await import('../../speed-layer/runner.js')
    await runSpeed({ ...(await common(instance, 'speed')), lakeRoot: instance.home.lake, signal })
  },
  async worker(instance, signal) {
    // Before its threads exist, which inherit it.
    setPriority(BACKGROUND)
    const { runWorker } = await import('../../workflows/runner.js')
    const { startLocalProviders } = await import('../providers/local-providers.js')
    const settings = await common(instance, 'worker')
    const providers = await startLocalProviders(instance.env, { ...settings, home: instance.home.root })
    await runWorker({
      ...settings,
      lakeRoot: instance.home.lake,
      sealMarginMs: sealMarginMs(instance.env),
      diffLimit: instance.env.TANDEM_DIFF_LIMIT,
      refresh: {
        landingRoot: instance.home.landing,
        env: providers.env,
        retention: retentionOf(instance.env),
        slackWebhook: instance.env.TANDEM_SLACK_WEBHOOK || undefined,
      },
      signal,
    }).finally(() => providers.close())
  },
  async serve(instance, signal) {
    const { runServing } = await import('../../serving-layer/runner.js')
    const settings = await common(instance, 'serve')
    const port = await apiPort(instance.home, instance.env)
    const { operations, close } = openOperations(settings.connections, settings.logger)
    const { uiUrl: temporalUiUrl } = settings.connections.temporal
    await runServing({ ...settings, operations, lakeRoot: instance.home.lake, temporalUiUrl, port, signal }).finally(
      close,
    )
  },
}

async function common(instance: Instance, layer: Layer) {
  return {
    connections: await instance.connections(),
    catalog: instance.catalog,
    clock: systemClock,
    logger: jsonLogger(layer),
  }
}
