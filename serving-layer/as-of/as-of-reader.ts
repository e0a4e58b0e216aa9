import type { ViewDefinition } from '../../core/define/view-definition.js'
import { prefixOf } from '../../core/seam/prefix-of.js'
import type { Snapshot } from '../../core/seam/snapshot.js'
import type { Clock } from '../../core/time/clock.js'
import type { SegmentCells } from '../../stores/tiers/index.js'
import type { WarmStore } from '../../stores/warm/warm-port.js'
import type { CellTable } from '../merge/cell-table.js'
import { SegmentCache } from '../merge/segment-cache.js'
import { ViewCells } from '../merge/view-cells.js'
import { ParameterError } from '../query/parameter-error.js'
import type { StreamBasis, StreamReader } from '../read/stream-reader.js'
import { type ReadOptions, type Sources, unreadable, type ViewReader } from '../read/view-reader.js'
import { type ActiveSnapshot, activeSnapshot } from '../snapshots/active-snapshot.js'
import { UnavailableError } from '../unavailable-error.js'

export interface AsOfDeps {
  readonly warm: Pick<WarmStore, 'snapshot'>
  readonly source: SegmentCells
  readonly clock: Clock
  /** Reads of segments under way at once. */
  readonly segmentReads: number
  /** Tuples up to which nothing is numbered anew. */
  readonly manyTuples: number
}

/** Views and snapshots that were asked for last, and the decoded cells kept of each. */
const HELD = 4
const HELD_BYTES = 32 * 1024 * 1024

/** Reads views as published snapshots say them: their segments only, never hot cells. */
export class AsOfReader {
  readonly #held = new Map<string, ViewCells>()

  constructor(private readonly deps: AsOfDeps) {}

  /**
   * Calls `take` with the cells of snapshots, one for each stream that feeds the view.
   *
   * @param ids of snapshots, as the parameter `asOf` names them
   * @throws ParameterError where one is unknown, of another stream, of another definition of the view, or lacks part of it
   * @throws UnavailableError where MongoDB does not give them
   */
  async read<T>(
    reader: ViewReader,
    ids: readonly string[],
    options: ReadOptions,
    take: (sources: Sources) => T,
  ): Promise<T> {
    const { view } = reader
    const chosen = await this.#snapshots(reader, ids)
    const cells = this.#cells(view, chosen)
    const grouping = cells.groupings.by(options.dimensions)
    const nowMs = this.deps.clock.now()
    const batch: (CellTable | null)[] = []
    let tiers: Sources['tiers'] = new Map()
    try {
      for (const block of options.blocks) batch.push(await cells.batch.read(grouping, block, nowMs))
      if (options.range) tiers = await cells.batch.tiers(options.range.startMs, options.range.endMs, nowMs)
    } catch (cause) {
      throw unreadable(`segments of view "${view.name}" as of ${ids.join(', ')}`, view.name, cause)
    }
    return take({
      grouping,
      groupings: cells.groupings,
      shape: cells.shape,
      batch,
      tiers,
      hot: [],
      bases: chosen.map(basisOf),
      version: `as of ${ids.join(' ')}`,
      nowMs,
    })
  }

  async #snapshots({ view, streams }: ViewReader, ids: readonly string[]): Promise<readonly Chosen[]> {
    const names = streams.map(({ name }) => name).join(', ')
    const byStream = new Map<string, Snapshot>()
    for (const id of ids) {
      const snapshot = await this.#snapshot(id)
      const known = snapshot !== null && streams.some(({ name }) => name === snapshot.stream)
      if (!known)
        throw new ParameterError(
          'asOf',
          id,
          `the id of a snapshot of stream ${names} that was published and is kept; see /v1/snapshots`,
        )
      if (byStream.has(snapshot.stream))
        throw new ParameterError('asOf', id, `one snapshot of stream "${snapshot.stream}", not two`)
      byStream.set(snapshot.stream, snapshot)
    }
    return streams.map((stream) => {
      const snapshot = byStream.get(stream.name)
      if (snapshot === undefined)
        throw new ParameterError('asOf', ids.join(', '), `a snapshot of each stream that feeds the view: ${names}`)
      const hash = snapshot.views.find((one) => one.name === view.name)?.hash
      if (hash !== view.hash)
        throw new ParameterError(
          'asOf',
          snapshot.id,
          hash === undefined
            ? `a snapshot that holds view "${view.name}"`
            : `a snapshot of today's definition of view "${view.name}"; it was another one then`,
        )
      const active = activeSnapshot(snapshot, stream.views)
      if (active.building.has(view.name))
        throw new ParameterError(
          'asOf',
          snapshot.id,
          `a snapshot in which view "${view.name}" is whole; it was building`,
        )
      return { stream, active }
    })
  }

  async #snapshot(id: string): Promise<Snapshot | null> {
    try {
      return await this.deps.warm.snapshot(id)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new UnavailableError(`snapshot ${id} cannot be read from MongoDB: ${reason}`, 'mongodb', {}, { cause })
    }
  }

  /** Snapshots never change, so what was merged of them is right for as long as it is held. */
  #cells(view: ViewDefinition, chosen: readonly Chosen[]): ViewCells {
    const { source, segmentReads: concurrency, manyTuples } = this.deps
    const name = JSON.stringify([view.name, view.hash, ...chosen.map(({ active }) => active.snapshot.id)])
    const held = this.#held.get(name)
    this.#held.delete(name)
    const epochMs = new Map(chosen.map(({ stream }) => [stream.name, stream.epochMs]))
    const cache = new SegmentCache({ source, maxBytes: HELD_BYTES, concurrency })
    const cells = held ?? new ViewCells(view, cache, manyTuples, (stream) => epochMs.get(stream) ?? 1)
    this.#held.set(name, cells)
    if (this.#held.size > HELD) this.#held.delete(this.#held.keys().next().value as string)
    if (held === undefined)
      for (const { stream, active } of chosen)
        cells.batch.activate(stream.name, active.segments.get(view.name) ?? [], null)
    return cells
  }
}

interface Chosen {
  readonly stream: StreamReader
  readonly active: ActiveSnapshot
}

function basisOf({ stream, active }: Chosen): StreamBasis {
  const { boundary } = active.snapshot
  return {
    stream: stream.name,
    epochMs: stream.epochMs,
    active,
    boundary,
    states: new Map(),
    prefix: prefixOf(boundary, new Map()),
    degraded: [],
    pointerAgeMs: 0,
    hotAgeMs: null,
  }
}
