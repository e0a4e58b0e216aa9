import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { Boundary } from '../../core/seam/boundary.js'
import { covers } from '../../core/seam/covers.js'
import { type DegradedPartition, degradedOf, raiseHighest } from '../../core/seam/degraded-of.js'
import { hotFilter } from '../../core/seam/hot-filter.js'
import { type Prefix, prefixOf } from '../../core/seam/prefix-of.js'
import type { HotState } from '../../stores/hot/hot-port.js'
import type { EpochCells } from '../merge/epoch-cells.js'
import type { ViewCells } from '../merge/view-cells.js'
import type { StreamMirror } from '../mirror/stream-mirror.js'
import { type ActiveSnapshot, activeSnapshot, type Progress } from '../snapshots/active-snapshot.js'
import type { SnapshotWatch } from '../snapshots/snapshot-watch.js'
import { UnavailableError } from '../unavailable-error.js'

/** What one stream contributes to one answer, taken in one step. */
export interface StreamBasis {
  readonly stream: string
  readonly epochMs: number
  readonly active: ActiveSnapshot | null
  readonly boundary: Boundary
  /** Hot state per partition; empty where Redis is down. */
  readonly states: ReadonlyMap<number, HotState | null>
  readonly prefix: Prefix
  readonly degraded: readonly DegradedPartition[]
  readonly pointerAgeMs: number
  /** Age of the hot copy used, ms; null where Redis is down. */
  readonly hotAgeMs: number | null
}

/** One stream as queries read it: its mirror, its snapshot, and the highest prefix that was ever answered. */
export class StreamReader {
  #highest: Prefix = {}

  constructor(
    readonly definition: StreamDefinition,
    readonly epochMs: number,
    readonly views: readonly ViewDefinition[],
    readonly mirror: StreamMirror,
    readonly watch: SnapshotWatch,
    /** Tells readers of one stream apart. */
    readonly ordinal = 0,
  ) {}

  get name(): string {
    return this.definition.name
  }

  /**
   * Makes the pointer recent for a question asked at `askedMs`.
   * @throws UnavailableError where none was ever read, or the view is building
   */
  async readyPointer(view: ViewDefinition, askedMs: number): Promise<void> {
    this.watch.touch()
    const sinceMs = askedMs - this.watch.deps.timing.maxAgeMs
    if (!this.watch.recent(sinceMs)) await this.watch.refresh()
    if (!this.watch.known) {
      throw new UnavailableError(
        `the snapshot in force of stream "${this.name}" was never read: ${this.watch.failure?.message ?? 'MongoDB was not asked yet'}`,
        'mongodb',
        { stream: this.name },
        { cause: this.watch.failure },
      )
    }
    const building = this.building(view)
    if (building) {
      throw new UnavailableError(
        `view "${view.name}" is building: its segments cover ${building.covered} of ${building.total} sealed offsets of stream "${this.name}"; the next seal or "tandem backfill" completes it`,
        'building',
        { stream: this.name, view: view.name, progress: building },
      )
    }
  }

  /** How far a view is that cannot be answered yet: its segments are not whole, or it is not among the views in force. */
  building(view: ViewDefinition): Progress | undefined {
    const { active } = this.watch
    if (this.views.some(({ hash }) => hash === view.hash)) return active?.building.get(view.name)
    const none = { covered: 0, total: 0 }
    return active ? (activeSnapshot(active.snapshot, [view]).building.get(view.name) ?? none) : none
  }

  /** Takes over from the reader by other definitions: what that one has answered is not to be fallen behind. */
  goOnFrom(before: StreamReader): void {
    this.#highest = raiseHighest(this.#highest, before.#highest)
  }

  /** Oldest copy that a question asked at `askedMs` may use. */
  sinceMs(askedMs: number): number {
    return askedMs - this.mirror.deps.timing.maxAgeMs
  }

  /** Makes the mirror young enough for a question asked at `askedMs`, unless Redis is down. */
  async readyMirror(askedMs: number): Promise<void> {
    this.mirror.touch()
    if (!this.mirror.usable(this.sinceMs(askedMs)) && !this.mirror.justFailed()) await this.mirror.refresh()
  }

  /** Partition whose hot state has dropped epochs that the snapshot in use lacks; undefined where it covers them all. */
  uncovered(askedMs: number): number | undefined {
    if (!this.mirror.usable(this.sinceMs(askedMs))) return undefined
    const boundary = this.watch.active?.snapshot.boundary ?? {}
    for (const [partition, mirror] of this.mirror.partitions) {
      if (mirror.state && !covers(boundary, partition, mirror.state.floor)) return partition
    }
    return undefined
  }

  /** Hot cells of a view that count beside the snapshot in use; none where Redis is down. */
  *hotCells(cells: ViewCells, askedMs: number): Generator<EpochCells> {
    if (!this.mirror.usable(this.sinceMs(askedMs))) return
    const boundary = this.watch.active?.snapshot.boundary ?? {}
    for (const [partition, mirror] of this.mirror.partitions) {
      const least = hotFilter(boundary, partition)
      for (const [epoch, epochCells] of cells.hot.get(mirror.name) ?? []) if (epoch >= least) yield epochCells
    }
  }

  /** Names the cells that an answer of now would be made of: equal versions, equal cells. */
  version(askedMs: number): string {
    const parts = [`${this.ordinal}`, this.watch.active?.snapshot.id ?? '-']
    if (this.mirror.usable(this.sinceMs(askedMs))) {
      for (const [partition, mirror] of this.mirror.partitions) parts.push(`${partition}.${mirror.changes}`)
    }
    return parts.join(' ')
  }

  /** What the answer is a recount of. Called in the same step in which the cells are read. */
  basis(nowMs: number, askedMs: number): StreamBasis {
    const { active } = this.watch
    const boundary = active?.snapshot.boundary ?? {}
    const usable = this.mirror.usable(this.sinceMs(askedMs))
    const states = new Map<number, HotState | null>()
    let oldest = nowMs
    if (usable) {
      for (const [partition, mirror] of this.mirror.partitions) {
        states.set(partition, mirror.state)
        oldest = Math.min(oldest, mirror.asOfMs)
      }
    }
    const prefix = prefixOf(boundary, states)
    const degraded = usable ? degradedOf(this.#highest, prefix) : this.#allDegraded(prefix)
    this.#highest = raiseHighest(this.#highest, prefix)
    return {
      stream: this.name,
      epochMs: this.epochMs,
      active,
      boundary,
      states,
      prefix,
      degraded,
      pointerAgeMs: this.watch.pointerAgeMs,
      hotAgeMs: usable ? nowMs - oldest : null,
    }
  }

  /** Without Redis every partition may lack records, those too whose prefix was never seen to be higher. */
  #allDegraded(prefix: Prefix): readonly DegradedPartition[] {
    const partitions = new Set([
      ...Object.keys(prefix).map(Number),
      ...Object.keys(this.#highest).map(Number),
      ...this.mirror.partitions.keys(),
    ])
    return [...partitions]
      .sort((a, b) => a - b)
      .map((partition) => {
        const from = prefix[partition] ?? 0
        return { partition, from, to: Math.max(from, this.#highest[partition] ?? 0) }
      })
  }
}
