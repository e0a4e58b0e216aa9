import { MemoryHot } from '../../stores/hot/index.js'
import type { Rule } from './rules.js'
import type { Engine } from './stage.js'
import { World } from './world.js'

export interface Outcome {
  readonly seed: number
  /** Null where the law held. */
  readonly broken: string | null
  readonly reads: number
  readonly compared: number
  /** What happened, in order. */
  readonly story: readonly string[]
}

/** Hot state in memory; its chunks and feeds are so small that a few calls pass their bounds. */
export function memoryEngine(): Engine {
  let generations = 0
  const hot = new MemoryHot({ now: () => 0, newGeneration: () => `g${++generations}`, feedCost: 3_000, fillCells: 4 })
  return {
    hot,
    keyspace: { stream: 'modelled', viewSet: '0123456789abcdef' },
    accidents: {
      wipe: async () => hot.wipe(),
      save: async () => hot.save(),
      restore: async (image) => hot.restore(image as ReturnType<MemoryHot['save']>),
    },
  }
}

/** Runs one history; what breaks the law is an outcome, not an exception. */
export async function runHistory(
  seed: number,
  engine: Engine,
  options: { without?: Rule; steps?: number } = {},
): Promise<Outcome> {
  const story: string[] = []
  const world = new World({ seed, engine, ...options, trace: (line) => story.push(line) })
  let broken: string | null = null
  try {
    await world.run()
  } catch (error) {
    broken =
      error instanceof Error && error.name === 'BrokenLaw'
        ? error.message
        : `THROWN ${error instanceof Error ? error.stack : error}`
  }
  return { seed, broken, reads: world.reads, compared: world.compared, story }
}

/** What a person needs to look at a broken history: the seed, how to run it again, what happened last. */
export function report({ seed, broken, story }: Outcome): string {
  return [
    `seed ${seed}: ${broken}`,
    `again: SEAM_SEED=${seed} npx vitest run --project unit test/seam-model`,
    ...story.slice(-60),
  ].join('\n')
}
