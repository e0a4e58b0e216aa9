import type { Clock } from '../../core/time/clock.js'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import type { ParityResult, WarmStore } from '../../stores/warm/warm-port.js'
import { pause } from '../mirror/pause.js'
import type { ParitySummary } from '../query/provenance.js'

export interface ParityWatchDeps {
  readonly warm: Pick<WarmStore, 'parity'>
  readonly epochMsOf: (stream: string) => number
  readonly streams: readonly string[]
  readonly clock: Clock
  readonly everyMs: number
}

/** Newest results looked at per stream. */
const RESULTS = 200

/** The latest published comparisons of the two layers, read now and then: they come once per seal. */
export class ParityWatch {
  #results = new Map<string, readonly ParityResult[]>()
  /** Summaries made of the results; every answer carries one. */
  readonly #summaries = new Map<string, ParitySummary | null>()

  constructor(readonly deps: ParityWatchDeps) {}

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh()
      await pause(this.deps.everyMs, signal)
    }
  }

  /** Never rejects: while MongoDB is down the last results stand, and the snapshot watch tells that it is. */
  async refresh(): Promise<void> {
    const read = this.deps.streams.map(async (stream) => {
      this.#results.set(stream, await this.deps.warm.parity({ stream, limit: RESULTS }))
    })
    await Promise.allSettled(read)
    this.#summaries.clear()
  }

  /** Results of one stream, or of one of its views; null before any was read or where there is none. */
  summary(stream: string, view?: string): ParitySummary | null {
    const key = JSON.stringify([stream, view])
    const known = this.#summaries.get(key)
    if (known !== undefined) return known
    const results = this.#results.get(stream)?.filter((result) => view === undefined || result.view === view) ?? []
    const made = results.length > 0 ? summarize(results, this.deps.epochMsOf(stream)) : null
    this.#summaries.set(key, made)
    return made
  }
}

export function summarize(results: readonly ParityResult[], epochMs: number): ParitySummary {
  // A comparison is tried again until it succeeds: the newest result of a partition's range is the one that counts.
  const latest = new Map<string, ParityResult>()
  for (const result of [...results].sort((a, b) => a.comparedAtMs - b.comparedAtMs)) {
    latest.set(`${result.view} ${result.partition} ${result.fromEpoch} ${result.toEpoch}`, result)
  }
  const count = (outcome: ParityResult['outcome']) =>
    [...latest.values()].filter((one) => one.outcome === outcome).length
  const compared = [...latest.values()].filter((one) => one.outcome !== 'uncompared')
  const last = compared.length > 0 ? Math.max(...compared.map((one) => one.toEpoch)) - 1 : null
  const at = compared.length > 0 ? Math.max(...compared.map((one) => one.comparedAtMs)) : null
  return {
    equal: count('equal'),
    different: count('different'),
    uncompared: count('uncompared'),
    lastEpoch: last === null ? null : epochStartText(last, epochMs),
    lastComparedAt: at === null ? null : new Date(at).toISOString(),
  }
}
