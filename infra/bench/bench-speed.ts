import { z } from 'zod'
import { BENCH_PARTITIONS, BENCH_TOPIC } from './bench-definitions.js'
import { openBenchInstance } from './bench-instance.js'
import { child } from './child.js'
import { preload } from './preload.js'

export interface SpeedResult {
  readonly eventsPerSecond: number
  readonly bareLoopEventsPerSecond: number
  readonly ratio: number
  readonly cpuSecondsPerMillion: number
  readonly peakRssMiB: number
}

const Measured = z.object({ eventsPerSecond: z.number(), cpuSeconds: z.number(), peakRssMiB: z.number() })
const Bare = z.object({ eventsPerSecond: z.number() })

/**
 * Events per second from the first fetch to the last offset stored in Redis, by a speed layer in a process of its own, with
 * the broker and Redis on the same cores; then the bare loop (decode and fold, one thread, nothing else), in a process of its
 * own likewise.
 */
export async function benchSpeed({
  records,
  say,
}: {
  readonly records: number
  readonly say: (line: string) => void
}): Promise<SpeedResult> {
  const instance = await openBenchInstance(say)
  await instance.engines.up()
  try {
    const connections = await instance.connections()
    await preload(connections.kafka, BENCH_TOPIC, BENCH_PARTITIONS, records, say)
    say('bare loop')
    const bare = Bare.parse(await child('./bare-loop.js', { records: Math.min(records, 1_500_000) }))
    say('speed layer')
    const measured = Measured.parse(
      await child('./speed-run.js', { connections, run: `${process.pid}-${Date.now().toString(36)}` }),
    )
    return {
      eventsPerSecond: Math.round(measured.eventsPerSecond),
      bareLoopEventsPerSecond: Math.round(bare.eventsPerSecond),
      ratio: measured.eventsPerSecond / bare.eventsPerSecond,
      cpuSecondsPerMillion: measured.cpuSeconds / (records / 1_000_000),
      peakRssMiB: Math.round(measured.peakRssMiB),
    }
  } finally {
    await instance.engines.down()
  }
}
