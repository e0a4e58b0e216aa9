import { minRetentionMs } from '../../core/seam/index.js'
import type { Clock } from '../../core/time/clock.js'
import { openLog } from '../../stores/log/index.js'
import type { Logger } from '../../stores/logger.js'
import { openWarm } from '../../stores/warm/index.js'
import type { StreamSettings } from '../../stores/warm/warm-port.js'
import { openWorkflows } from '../../workflows/client.js'
import { durationText, parseDuration } from './duration.js'
import type { Instance } from './instance.js'
import { sealMarginMs } from './seal-margin.js'
import { UserError } from './user-error.js'

export interface PrepareOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Epoch of streams that have none yet, where `TANDEM_EPOCH` does not say. */
  readonly defaultEpochMs: number
}

/** Of topics that are ours: a week, as brokers have it, or more where epochs are long. */
const USUAL_RETENTION_MS = 7 * 86_400_000

/** Makes what the layers expect: topics and dead-letter topics, each stream's recorded epoch, the schedules. Safe to repeat. */
export async function prepare(instance: Instance, options: PrepareOptions): Promise<readonly StreamSettings[]> {
  const connections = await instance.connections()
  const settings = await recordEpochs(instance, options)
  const log = await openLog(connections.kafka, { clientId: 'tandem-prepare', logger: options.logger })
  try {
    for (const stream of instance.catalog.streams.values()) {
      const epochMs = settings.find((one) => one.stream === stream.name)?.epochMs ?? options.defaultEpochMs
      const leastMs = minRetentionMs(epochMs, sealMarginMs(instance.env))
      const retentionMs = Math.max(USUAL_RETENTION_MS, leastMs)
      await log.ensureTopic({ name: stream.topic, partitions: stream.partitions, retentionMs })
      await log.ensureTopic({ name: stream.dlqTopic, partitions: 1 })
      await log.checkTopic(stream.topic, leastMs)
    }
  } finally {
    await log.close()
  }
  const workflows = await openWorkflows(connections, { logger: options.logger })
  try {
    await workflows.ensureSchedules(instance.catalog, { streams: settings, sealMarginMs: sealMarginMs(instance.env) })
  } finally {
    await workflows.close()
  }
  return settings
}

async function recordEpochs(
  { catalog, env, connections }: Instance,
  options: PrepareOptions,
): Promise<StreamSettings[]> {
  const given = env.TANDEM_EPOCH ? parseDuration(env.TANDEM_EPOCH, 'TANDEM_EPOCH') : undefined
  const warm = await openWarm((await connections()).mongo)
  try {
    const settings: StreamSettings[] = []
    for (const { name } of catalog.streams.values()) {
      const wanted = { stream: name, epochMs: given ?? options.defaultEpochMs, createdAtMs: options.clock.now() }
      const recorded = await warm.registerStream(wanted)
      if (given !== undefined && recorded.epochMs !== given)
        throw new UserError(
          `Stream "${name}" was started with an epoch of ${durationText(recorded.epochMs)}, TANDEM_EPOCH says ${durationText(given)}: an epoch cannot change; unset TANDEM_EPOCH or use a new TANDEM_HOME.`,
        )
      settings.push(recorded)
    }
    return settings
  } finally {
    await warm.close()
  }
}
