import type { HotStore } from '../stores/hot/index.js'
import type { LogStore } from '../stores/log/index.js'
import type { Logger } from '../stores/logger.js'
import type { StreamReader } from './consume.js'
import { type Health, nameOf } from './health.js'
import { WATCH } from './limits.js'
import type { Lanes } from './open-lanes.js'
import type { Revival } from './revive.js'
import { pause } from './timing.js'

export interface WatchDeps {
  readonly readers: readonly StreamReader[]
  readonly lanes: Lanes
  /** Newest stored offset of a partition that is known here. */
  readonly storedOf: (stream: string, partition: number) => number | undefined
  readonly log: Pick<LogStore, 'offsets'>
  readonly hot: Pick<HotStore, 'reportHealth'>
  readonly health: Health
  readonly revival: Pick<Revival, 'check'>
  readonly logger: Logger
}

/** Every second, until the signal: each partition against Redis (in its lane) and against the log, then the health report. */
export async function watchUntil(signal: AbortSignal, deps: WatchDeps): Promise<void> {
  while (!signal.aborted) {
    await watchOnce(deps)
    await pause(WATCH.everyMs, signal)
  }
}

async function watchOnce({ readers, lanes, storedOf, log, hot, health, revival, logger }: WatchDeps): Promise<void> {
  const statuses = (await Promise.all(lanes.all.map((lane) => lane.watch()))).flat()
  // A partition that halts before its first fetch is not there yet to be paused.
  for (const { plan, consumer } of readers)
    for (const { stream, partition, condition } of statuses)
      if (stream === plan.stream.name && condition.kind === 'halted') consumer.pause(plan.stream.topic, partition)
  await revival.check(statuses)
  const ends = new Map<string, number>()
  await Promise.all(
    readers.map(async ({ plan, trouble }) => {
      const { name, topic } = plan.stream
      const own = statuses.filter((s) => s.stream === name)
      // While Kafka does not answer there is nothing to compare with; the reader says so.
      if (trouble() !== null || own.length === 0) return
      let offsets: Awaited<ReturnType<LogStore['offsets']>>
      try {
        offsets = await log.offsets(topic)
      } catch (error) {
        logger.warn(
          { stream: name, reason: error instanceof Error ? error.message : String(error) },
          'the ends of the log are unknown',
        )
        return
      }
      for (const { partition, low, high } of offsets) {
        const status = own.find((s) => s.partition === partition)
        if (status === undefined) continue
        ends.set(nameOf(status), high)
        if (status.condition.kind !== 'running') continue
        // The log only grows at its end and shrinks at its start: the older offset is compared with the end, the newer with the start.
        // What lies before its position is folded, or was given up.
        const newest = Math.max(status.next, status.position, storedOf(name, partition) ?? 0)
        let wrong: string | undefined
        if (status.next > high) wrong = `ends at offset ${high}, before ${status.next}: truncated or recreated`
        else if (newest < low) wrong = `lost offsets ${newest} to ${low} (exclusive) before they were read`
        if (wrong !== undefined) lanes.of(name, partition).halt(name, partition, `topic "${topic}" ${wrong}`)
      }
    }),
  )
  const report = health.update(readers, statuses, ends)
  try {
    await hot.reportHealth(report, WATCH.reportTtlMs)
  } catch (error) {
    // Redis is away: the report is kept here, and readers see that the last one has expired.
    logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'health could not be reported')
  }
}
