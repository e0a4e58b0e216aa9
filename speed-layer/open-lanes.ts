import type { Connections } from '../stores/connections.js'
import { type LaneDeps, type LaneHost, openLane } from './lane.js'
import type { StreamPlan } from './stream-plan.js'
import { openThreadLane } from './thread-lane.js'

export interface OpenLanesOptions extends LaneDeps {
  /** 0: one lane in this thread. */
  readonly threads: number
  readonly connections: Connections
  /** A thread ended by itself. */
  readonly onFailed: (error: Error) => void
}

/** All lanes of the process, and which of them a partition belongs to. */
export interface Lanes {
  readonly all: readonly LaneHost[]
  /** Always the same one. Neighbouring partitions, and the first ones of several streams, go to different lanes. */
  of(stream: string, partition: number): LaneHost
}

export async function openLanes(plans: readonly StreamPlan[], options: OpenLanesOptions): Promise<Lanes> {
  const { threads, connections, onFailed, ...deps } = options
  const data = { plans, connections: { kafka: connections.kafka, redis: connections.redis } }
  const all =
    threads === 0
      ? [openLane(plans, deps)]
      : await Promise.all(Array.from({ length: threads }, () => openThreadLane(data, { ...deps, onFailed })))
  const index = new Map(plans.map(({ stream }, i) => [stream.name, i]))
  return {
    all,
    of: (stream, partition) => all[((index.get(stream) ?? 0) + partition) % all.length] as LaneHost,
  }
}

/**
 * A lane to a core, at most four: decoding and folding is most of the work, and a lane keeps one core busy. On a single
 * core a thread would only add to it.
 */
export function defaultThreads(cores: number): number {
  return cores === 1 ? 0 : Math.min(cores, 4)
}
