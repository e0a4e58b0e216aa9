import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { Clock } from '../../core/time/clock.js'
import { type HotStore, openHot } from '../../stores/hot/index.js'
import { openLake, setAside } from '../../stores/lake/index.js'
import { countStream, forgetStream, type StreamDocuments } from '../../stores/warm/index.js'
import type { Instance } from '../instance/instance.js'
import {
  isReported,
  LAYERS,
  type Layer,
  layerStatus,
  startLayer,
  stopLayer,
  waitForLayers,
} from '../instance/layers.js'
import { until } from '../instance/until.js'
import { UserError } from '../instance/user-error.js'

/** What a reset of a stream drops. */
export interface ResetPlan {
  readonly stream: string
  readonly topic: string
  /** Epochs that are sealed in the lake. */
  readonly epochs: number
  readonly documents: StreamDocuments
  /** Partitions of hot state, over all view sets. */
  readonly hot: number
}

export async function planReset(instance: Instance, { name, topic }: StreamDefinition): Promise<ResetPlan> {
  const connections = await instance.connections()
  const lake = await openLake(instance.home.lake, { threads: 1 })
  const hot = await openHot(connections.redis)
  try {
    const [manifests, documents] = [await lake.manifests(name), await countStream(connections.mongo, name)]
    const states = await statesOf(hot, name)
    return { stream: name, topic, epochs: manifests.length, documents, hot: states.length }
  } finally {
    await Promise.all([lake.close(), hot.close()])
  }
}

/**
 * Forgets everything that is known of a stream's records, so that its topic counts from the beginning: for a topic that was
 * created anew. The layers of this home are stopped meanwhile. What was interrupted is finished by doing it again.
 *
 * @returns where the lake's files lie now; null where there were none
 * @throws UserError where a layer runs elsewhere
 */
export async function resetStream(instance: Instance, stream: StreamDefinition, clock: Clock): Promise<string | null> {
  const running = (await layerStatus(instance)).filter(({ pid }) => pid !== null).map(({ name }) => name)
  await Promise.all(running.map((layer) => stopLayer(instance.home, layer)))
  await refuseRunning(instance)
  const { mongo, redis } = await instance.connections()
  await forgetStream(mongo, stream.name)
  const hot = await openHot(redis)
  try {
    for (const { keyspace, partition, generation } of await statesOf(hot, stream.name))
      await hot.forget(keyspace, partition, generation)
  } finally {
    await hot.close()
  }
  const at = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const aside = await setAside(instance.home.lake, stream.name, at)
  for (const layer of running) await startLayer(instance, layer)
  if (running.length > 0) await waitForLayers(instance, running)
  return aside
}

/** A report outlives its process for some seconds. */
async function refuseRunning(instance: Instance): Promise<void> {
  let left: readonly Layer[] = []
  const gone = async (): Promise<boolean> => {
    const reported = await Promise.all(LAYERS.map((layer) => isReported(instance, layer)))
    left = LAYERS.filter((_, i) => reported[i])
    return left.length === 0
  }
  if (!(await until(gone, { withinMs: 10_000, everyMs: 200 })))
    throw new UserError(
      `Stop the layers that run elsewhere first (${left.join(', ')}): they would write what is dropped.`,
    )
}

async function statesOf(hot: HotStore, stream: string) {
  const found = []
  for (const keyspace of await hot.keyspaces()) {
    if (keyspace.stream !== stream) continue
    for (const partition of await hot.partitions(keyspace)) {
      const state = await hot.state(keyspace, partition)
      if (state !== null) found.push({ keyspace, partition, generation: state.generation })
    }
  }
  return found
}
