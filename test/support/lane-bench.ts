import { compileFold } from '../../core/compile/compile-fold.js'
import { ledgerView } from '../../core/compile/ledger-view.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { count, defineStream, defineView, instant, sum, z } from '../../core/index.js'
import type { PartitionBoundary } from '../../core/seam/boundary.js'
import { NO_RELEASES, type Releases } from '../../core/seam/index.js'
import { PartitionLane } from '../../speed-layer/partition-lane.js'
import { planStream, type StreamPlan } from '../../speed-layer/stream-plan.js'
import type { HotStore } from '../../stores/hot/index.js'
import type { LogBatch, LogRecord, ProduceRecord } from '../../stores/log/index.js'
import type { Logger } from '../../stores/logger.js'

/** Definitions, records and a lane for tests: a stream of words said at a time. */

export const EPOCH_MS = 60_000
/** Start of an epoch. */
export const T0 = Date.UTC(2026, 0, 5, 12)
export const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined }

export function wordsPlan(name = 'words'): StreamPlan {
  const stream = defineStream({
    name,
    schema: z.object({ word: z.string(), at: instant(), n: z.number().int() }),
    eventTime: 'at',
    maxBytes: 1_000,
  })
  const view = defineView(`${name}-said`, {
    from: stream,
    by: (e) => ({ word: e.word }),
    measures: (e) => ({ times: count(), total: sum(e.n) }),
    windows: ['1m', '5m'],
  })
  return planStream(stream, [view, ledgerView(stream, EPOCH_MS)], EPOCH_MS)
}

/** One record as sent, said at its append time. */
export function said(word: string, timeMs: number, n = 1): string {
  return JSON.stringify({ word, at: new Date(timeMs).toISOString(), n })
}

export const POISON = '{"word":'

export interface Written {
  readonly value: string | null
  readonly timeMs: number
  readonly tick?: boolean
}

/** A batch of the records in the order given, from an offset on; `hidden` offsets follow them. */
export function batchOf(
  plan: StreamPlan,
  from: number,
  written: readonly Written[],
  { hidden = 0, highWatermark = 0 } = {},
): LogBatch {
  const records = written.map(
    ({ value, timeMs, tick = false }, i): LogRecord => ({
      offset: from + i,
      timeMs,
      key: null,
      value: value === null ? null : Buffer.from(value),
      tick,
    }),
  )
  const to = from + records.length + hidden
  return { topic: plan.stream.topic, partition: 0, from, to, records, highWatermark: Math.max(highWatermark, to) }
}

/** A partition's lane with what it said to the reading side, and ways to wait for it. */
export class LaneBench {
  readonly lane: PartitionLane
  readonly seeks: number[] = []
  readonly letters: ProduceRecord[] = []
  halted: string | null = null
  stored = -1
  #changed: (() => void)[] = []

  constructor(
    plan: StreamPlan,
    hot: HotStore,
    options: {
      readonly start?: PartitionBoundary
      readonly idsBelow?: (boundary: PartitionBoundary) => readonly string[]
      readonly sendDeadLetters?: (letters: readonly ProduceRecord[]) => Promise<void>
      readonly partition?: number
      readonly releases?: () => Promise<Releases>
    } = {},
  ) {
    let nonce = 0
    const change = (): void => {
      for (const resolve of this.#changed.splice(0)) resolve()
    }
    this.lane = new PartitionLane(plan, options.partition ?? 0, {
      hot,
      decoder: compileDecoder(plan.stream),
      newFold: () => compileFold(plan.stream, plan.views, plan.epochMs),
      views: new Map(plan.views.map((view) => [view.name, view])),
      startOf: async () => options.start ?? { offset: 0, epoch: 0 },
      releases: async () => (await options.releases?.()) ?? NO_RELEASES,
      idsBelow: async (boundary) => options.idsBelow?.(boundary) ?? [],
      sendDeadLetters: async (letters) => {
        await options.sendDeadLetters?.(letters)
        this.letters.push(...letters)
      },
      newNonce: () => `${Math.random()}-${nonce++}`,
      clock: { now: () => Date.now() },
      logger: silent,
      onSeek: (offset) => {
        this.seeks.push(offset)
        change()
      },
      onStored: (next) => {
        this.stored = next
        change()
      },
      onHalted: (reason) => {
        this.halted = reason
        change()
      },
    })
  }

  /** Waits until what the lane said makes it true. */
  async until(condition: () => boolean): Promise<void> {
    const late = Date.now() + 10_000
    while (!condition()) {
      if (Date.now() > late) throw new Error(`not so after 10 s: ${condition}; ${JSON.stringify(this.lane.status())}`)
      // Waiting for an engine is the one thing that the lane says in its status alone.
      await new Promise<void>((resolve) => {
        this.#changed.push(resolve)
        setTimeout(resolve, 5)
      })
    }
  }
}

/** Counts per `view window key` of what a store holds, as text, sorted: what a recount of the records must equal. */
export async function stateOf(hot: HotStore, plan: StreamPlan, partition = 0): Promise<readonly string[]> {
  const loaded = await hot.load(plan.keyspace, partition)
  const cells = loaded?.cells.filter((cell) => cell.epoch >= loaded.state.floor) ?? []
  return cells
    .map(({ view, resolutionMs, epoch, key, registers }) => `${view} ${resolutionMs} ${epoch} ${key} ${registers}`)
    .sort()
}

/** The same of records folded once, in order, without flushes: the recount. */
export async function recount(
  hot: HotStore,
  plan: StreamPlan,
  written: readonly Written[],
  start?: PartitionBoundary,
): Promise<readonly string[]> {
  const bench = new LaneBench(plan, hot, { start })
  await bench.lane.open()
  await bench.lane.accept(batchOf(plan, start?.offset ?? 0, written))
  await bench.lane.drain()
  return stateOf(hot, plan)
}
