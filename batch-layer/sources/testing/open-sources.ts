import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceItem } from '../../../core/define/source-definition.js'
import { openLanding } from '../../../stores/landing/index.js'
import type { LogBatch, ProduceRecord, ReadRangeOptions } from '../../../stores/log/log-port.js'
import { openSourceStatesMemory } from '../../../stores/warm/source-states-memory.js'
import type { SourceDeps } from '../source-deps.js'

/** A topic of one partition that keeps keys. */
export class SentLog {
  readonly records: { key: string; value: string }[] = []
  /** Runs once in place of sending: a crash before, or after, the broker has the records. */
  onProduce: ((records: readonly ProduceRecord[], send: () => void) => void) | null = null

  async offsets() {
    return [{ partition: 0, low: 0, high: this.records.length }]
  }

  async produce(_topic: string, records: readonly ProduceRecord[]): Promise<void> {
    const send = () => {
      for (const { key, value } of records) this.records.push({ key: String(key), value: String(value) })
    }
    const hook = this.onProduce
    this.onProduce = null
    if (hook === null) send()
    else hook(records, send)
  }

  async *readRange({ topic, partition, from, to = this.records.length }: ReadRangeOptions): AsyncGenerator<LogBatch> {
    const records = this.records.slice(from, to).map(({ key, value }, i) => ({
      offset: from + i,
      timeMs: 0,
      key: Buffer.from(key),
      value: Buffer.from(value),
      tick: false,
    }))
    yield { topic, partition, from, to, records, highWatermark: to }
  }

  values(): readonly unknown[] {
    return this.records.map(({ value }) => JSON.parse(value))
  }
}

export interface TestSources {
  readonly deps: SourceDeps
  readonly log: SentLog
  /** Documents of each collection's last load. */
  readonly loads: Map<string, readonly SourceItem[]>
  /** Waits that were asked for, ms. */
  readonly pauses: number[]
  readonly clock: { nowMs: number }
  close(): Promise<void>
}

/** Sources over stores in memory, a landing in a folder of its own, and a clock that only pauses move. */
export async function openTestSources(env: Record<string, string> = {}): Promise<TestSources> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-sources-'))
  const log = new SentLog()
  const loads = new Map<string, readonly SourceItem[]>()
  const pauses: number[] = []
  const clock = { nowMs: Date.UTC(2024, 2, 3) }
  const quiet = () => undefined
  const deps: SourceDeps = {
    log,
    landing: openLanding(folder),
    states: openSourceStatesMemory(),
    async loadCollection(collection, documents, { id }) {
      const items: SourceItem[] = []
      for await (const item of documents) items.push(item)
      loads.set(collection.name, items)
      return { generation: id, loaded: items.length, rejected: 0, checksum: '' }
    },
    clock: { now: () => clock.nowMs },
    logger: { info: quiet, warn: quiet, error: quiet },
    env,
    random: () => 0.5,
    fetch: globalThis.fetch,
    async pause(ms, signal) {
      signal?.throwIfAborted()
      pauses.push(ms)
      clock.nowMs += ms
    },
  }
  return { deps, log, loads, pauses, clock, close: () => rm(folder, { recursive: true, force: true }) }
}
