import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Clock } from '../../core/time/clock.js'
import { ColdFileError } from '../../stores/lake/cold-file-error.js'
import type { Block } from '../merge/batch-cells.js'
import type { CellTable } from '../merge/cell-table.js'
import type { DayTier } from '../merge/day-index.js'
import type { EpochCells } from '../merge/epoch-cells.js'
import type { Grouping, Groupings } from '../merge/grouping.js'
import type { SegmentDay } from '../merge/segment-cache.js'
import type { Shape } from '../merge/shape.js'
import type { ViewCells } from '../merge/view-cells.js'
import type { Window } from '../query/time-range.js'
import { UnavailableError } from '../unavailable-error.js'
import type { StreamBasis, StreamReader } from './stream-reader.js'

/** The cells of one answer: both layers as of one instant, to be merged before anything else runs. */
export interface Sources {
  readonly grouping: Grouping
  readonly groupings: Groupings
  readonly shape: Shape
  /** The batch layer's part of each block asked for, in their order; null where it has no cells. */
  readonly batch: readonly (CellTable | null)[]
  /** Where they were read from, per UTC day of the range asked for that has any. */
  readonly tiers: ReadonlyMap<number, readonly DayTier[]>
  /** The speed layer's cells that count beside the snapshots. */
  readonly hot: readonly EpochCells[]
  readonly bases: readonly StreamBasis[]
  /** Names the cells: of two reads of a view with equal versions, the cells are equal. */
  readonly version: string
  readonly nowMs: number
}

export interface ReadOptions {
  /** Positions of the dimensions that the answer needs: grouped by, or filtered on. */
  readonly dimensions: Iterable<number>
  readonly blocks: readonly Block[]
  /** Range of event time whose tiers the answer names; left out where it names none. */
  readonly range?: Window
}

/** Longest time that a reader waits for mirror, pointer and segments together, ms. */
const MAX_WAIT_MS = 10_000
/** Blocks read from MongoDB at once by one query. */
const BLOCKS_AT_ONCE = 16

/** Reads one view: waits until everything needed is at hand, then hands it to `take` in one step. */
export class ViewReader {
  constructor(
    readonly view: ViewDefinition,
    readonly cells: ViewCells,
    readonly streams: readonly StreamReader[],
    readonly clock: Clock,
  ) {}

  /**
   * Calls `take` with cells that are, per stream, one snapshot and the hot cells beside it: snapshot first, then cells,
   * and again from the start where the hot floor has passed the snapshot.
   *
   * @param take merges at once; it must not wait
   * @throws UnavailableError where an engine that is needed is down, the view is building, or nothing settled in time
   */
  async read<T>(options: ReadOptions, take: (sources: Sources) => T): Promise<T> {
    const askedMs = this.clock.now()
    for (;;) {
      await Promise.all(this.streams.map((stream) => stream.readyPointer(this.view, askedMs)))
      const { batch, groupings } = this.cells
      const { version } = batch
      const grouping = groupings.by(options.dimensions)
      const tables = await this.#blocks(grouping, options.blocks)
      const tiers = options.range ? await this.#tiers(options.range) : new Map()
      await Promise.all(this.streams.map((stream) => stream.readyMirror(askedMs)))

      // From here to `take` nothing waits, so that both layers are seen as of one instant.
      const moved = this.cells.batch !== batch || batch.version !== version
      const blocked = moved ? undefined : this.#blocked(askedMs)
      if (!moved && !blocked) {
        const hot = this.streams.flatMap((stream) => [...stream.hotCells(this.cells, askedMs)])
        const nowMs = this.clock.now()
        const bases = this.streams.map((stream) => stream.basis(nowMs, askedMs))
        const versions = this.streams.map((stream) => stream.version(askedMs)).join(' ')
        return take({
          grouping,
          groupings,
          shape: this.cells.shape,
          batch: tables,
          tiers,
          hot,
          bases,
          version: `${version} ${versions}`,
          nowMs,
        })
      }
      if (blocked && this.clock.now() > askedMs + MAX_WAIT_MS) throw blocked.error
      await blocked?.wait()
    }
  }

  /** Why the cells at hand make no answer, and what to wait for. */
  #blocked(askedMs: number): { readonly error: UnavailableError; readonly wait: () => Promise<void> } | undefined {
    for (const stream of this.streams) {
      const { name, mirror, watch } = stream
      if (mirror.failure) {
        if (!watch.failure) continue
        const what = `stream "${name}": neither Redis (${mirror.failure.message}) nor MongoDB (${watch.failure.message}) can be read`
        throw new UnavailableError(what, 'redis', { stream: name })
      }
      if (!mirror.usable(stream.sinceMs(askedMs))) {
        const error = new UnavailableError(`the copy of stream "${name}"'s hot state is not complete yet`, 'starting', {
          stream: name,
        })
        // The run that was joined may have begun before the question.
        return { error, wait: () => mirror.refresh() }
      }
    }
    for (const stream of this.streams) {
      const partition = stream.uncovered(askedMs)
      if (partition === undefined) continue
      const { watch } = stream
      const what =
        `stream "${stream.name}" partition ${partition}: hot state has dropped epochs that the last snapshot read lacks, ` +
        `and the current one cannot be read from MongoDB${watch.failure ? `: ${watch.failure.message}` : ''}`
      const error = new UnavailableError(what, 'mongodb', { stream: stream.name }, { cause: watch.failure })
      return {
        error,
        wait: async () => {
          await watch.refresh()
          if (watch.failure) throw error
        },
      }
    }
    return undefined
  }

  async #blocks(grouping: Grouping, blocks: readonly Block[]): Promise<(CellTable | null)[]> {
    const nowMs = this.clock.now()
    const { batch } = this.cells
    const tables = blocks.map((block) => batch.peek(grouping, block, nowMs))
    const missing = [...tables.keys()].filter((i) => tables[i] === undefined)
    for (let at = 0; at < missing.length; at += BLOCKS_AT_ONCE) {
      await Promise.all(
        missing.slice(at, at + BLOCKS_AT_ONCE).map(async (i) => {
          tables[i] = await this.#fromStores(batch.read(grouping, blocks[i] as Block, nowMs))
        }),
      )
    }
    return tables as (CellTable | null)[]
  }

  #tiers({ startMs, endMs }: Window): Promise<Sources['tiers']> {
    return this.#fromStores(this.cells.batch.tiers(startMs, endMs, this.clock.now()))
  }

  /** Cells of every segment in force. @throws UnavailableError where MongoDB does not give them */
  async readAll(): Promise<readonly SegmentDay[]> {
    const askedMs = this.clock.now()
    await Promise.all(this.streams.map((stream) => stream.readyPointer(this.view, askedMs)))
    return this.#fromStores(this.cells.batch.readAll())
  }

  async #fromStores<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading
    } catch (cause) {
      throw unreadable(`segments of view "${this.view.name}"`, this.view.name, cause)
    }
  }
}

/** Segments that their tier does not give; names the engine. */
export function unreadable(what: string, view: string, cause: unknown): UnavailableError {
  const [code, engine] =
    cause instanceof ColdFileError ? (['lake', 'the lake'] as const) : (['mongodb', 'MongoDB'] as const)
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new UnavailableError(`${what} cannot be read from ${engine}: ${reason}`, code, { view }, { cause })
}
