import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import { viewSetOf } from '../../core/seam/view-set.js'
import type { Clock } from '../../core/time/clock.js'
import type { Logger } from '../../stores/logger.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'
import type { ViewCells } from '../merge/view-cells.js'
import { pause } from '../mirror/pause.js'
import { within } from '../mirror/within.js'
import { type ActiveSnapshot, activeSnapshot } from './active-snapshot.js'

export interface SnapshotWatchDeps {
  readonly warm: Pick<WarmStore, 'pointer' | 'snapshot'>
  readonly stream: string
  readonly views: readonly ViewDefinition[]
  readonly cells: ReadonlyMap<string, ViewCells>
  readonly clock: Clock
  readonly logger: Logger
  readonly timing: SnapshotTiming
  /**
   * Told of a snapshot in force whose definitions are not the views'; true where it is read by somebody else, and this
   * one stays with what it has. @default nobody
   */
  readonly elsewhere?: (snapshot: Snapshot) => Promise<boolean>
}

export interface SnapshotTiming {
  /** Oldest reading of the pointer that an answer uses without asking again, ms. */
  readonly maxAgeMs: number
  /** Pause between readings of the pointer while there are readers, ms. */
  readonly activeMs: number
  /** Pause between readings without readers, ms. */
  readonly idleMs: number
  /** There are readers until so long after the last one, ms. */
  readonly readersLingerMs: number
  /** Longest wait for a reply of MongoDB, ms. */
  readonly replyTimeoutMs: number
}

/**
 * The snapshot in force of one stream. A new one is made ready (its new segments read and merged into the blocks in use)
 * while the old one still serves, and takes over in one step; until then answers are made from the old one, which is
 * right as long as hot state has not dropped what the old one lacks.
 */
export class SnapshotWatch {
  #active: ActiveSnapshot | null = null
  #readAtMs = Number.NEGATIVE_INFINITY
  #confirmedAtMs = Number.NEGATIVE_INFINITY
  #triedAtMs = Number.NEGATIVE_INFINITY
  #failure: Error | null = null
  #refreshing: Promise<void> | null = null
  #takingOver = false
  #askedAtMs = Number.NEGATIVE_INFINITY
  #told: string | null = null

  readonly #viewSet: string

  constructor(readonly deps: SnapshotWatchDeps) {
    this.#viewSet = viewSetOf(deps.views)
  }

  /** Null: no snapshot was published yet, everything is hot. */
  get active(): ActiveSnapshot | null {
    return this.#active
  }

  /** Whether the pointer was ever read; before that nothing can be answered. */
  get known(): boolean {
    return Number.isFinite(this.#confirmedAtMs)
  }

  /** Why the pointer could not be read last time; null where it could. */
  get failure(): Error | null {
    return this.#failure
  }

  /** How long ago `active` was seen to be in force, ms. */
  get pointerAgeMs(): number {
    return this.deps.clock.now() - this.#confirmedAtMs
  }

  /** Tells that somebody reads: the pointer is then read often without being asked. */
  touch(): void {
    this.#askedAtMs = this.deps.clock.now()
  }

  /** Whether an answer may be made without reading the pointer again: it was read at `sinceMs` or later. */
  recent(sinceMs: number): boolean {
    const { clock, timing } = this.deps
    // While the first one is made ready there is nothing else to answer from.
    if (!this.known && this.#failure === null) return false
    // While a new snapshot is made ready the old one goes on serving; `pointerAgeMs` tells.
    if (this.#takingOver || this.#readAtMs >= sinceMs) return true
    return this.#failure !== null && clock.now() - this.#triedAtMs < timing.replyTimeoutMs
  }

  /** Reads the pointer and, where it moved, puts the new snapshot in use. Never rejects: see `failure`. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#run().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.refresh()
      const { clock, timing } = this.deps
      const active = clock.now() - this.#askedAtMs < timing.readersLingerMs
      await pause(active ? timing.activeMs : timing.idleMs, signal)
    }
  }

  async #run(): Promise<void> {
    const { clock } = this.deps
    try {
      await this.#follow()
      this.#failure = null
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error))
    }
    this.#triedAtMs = clock.now()
    this.#tell()
  }

  async #follow(): Promise<void> {
    const { warm, stream, clock, timing } = this.deps
    const sentAtMs = clock.now()
    const pointer = await within(
      timing.replyTimeoutMs,
      `pointer of stream "${stream}" in MongoDB`,
      warm.pointer(stream),
    )
    this.#readAtMs = sentAtMs
    if (pointer && pointer.snapshot !== this.#active?.snapshot.id) {
      this.#takingOver = this.#active !== null
      try {
        if (!(await this.#takeOver(pointer.snapshot)) && this.#active === null) return
      } finally {
        this.#takingOver = false
      }
    }
    this.#confirmedAtMs = sentAtMs
  }

  /** @returns false where somebody else reads it */
  async #takeOver(id: string): Promise<boolean> {
    const { warm, stream, views, cells, timing, elsewhere } = this.deps
    const snapshot = await within(timing.replyTimeoutMs, `snapshot ${id} in MongoDB`, warm.snapshot(id))
    if (!snapshot) throw new Error(`stream "${stream}": the pointer names snapshot ${id}, which MongoDB does not have`)
    const others = viewSetOf(snapshot.views) !== this.#viewSet
    if (
      others &&
      elsewhere &&
      (await within(timing.replyTimeoutMs, `definitions of snapshot ${id}`, elsewhere(snapshot)))
    )
      return false
    const next = activeSnapshot(snapshot, views)
    const ready = await Promise.all(
      [...cells].map(async ([view, { batch }]) => ({
        view,
        prepared: await batch.prepare(stream, next.segments.get(view) ?? []),
      })),
    )
    // No await from here on: queries see the old snapshot with its segments, or the new one with its own.
    for (const { view, prepared } of ready) {
      cells.get(view)?.batch.activate(stream, next.segments.get(view) ?? [], prepared)
    }
    this.#active = next
    return true
  }

  #tell(): void {
    const failure = this.#failure?.message ?? null
    const { stream, logger } = this.deps
    if (failure && !this.#told)
      logger.warn({ stream, failure }, 'the pointer cannot be read: answers use the last snapshot')
    if (!failure && this.#told) logger.info({ stream }, 'the pointer can be read again')
    this.#told = failure
  }
}
