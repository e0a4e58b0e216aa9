import type { TupleSet } from './tuple-set.js'

const UNKNOWN = -1

/** Tuples cut to some of their dimensions: id in `from` → id in `to`, remembered in an array. */
export class Projection {
  #map = new Int32Array(64).fill(UNKNOWN)

  /** @param picks positions in a tuple of `from`, in the order of `to`'s tuples. */
  constructor(
    readonly from: TupleSet,
    readonly to: TupleSet,
    readonly picks: readonly number[],
  ) {}

  of(id: number): number {
    const known = id < this.#map.length ? this.#map[id] : UNKNOWN
    return known === UNKNOWN || known === undefined ? this.#learn(id) : known
  }

  #learn(id: number): number {
    const tuple = this.from.at(id)
    const target = this.to.idOf(this.picks.map((pick) => tuple[pick] ?? null))
    if (id >= this.#map.length) {
      const grown = new Int32Array(Math.max(id + 1, this.#map.length * 2)).fill(UNKNOWN)
      grown.set(this.#map)
      this.#map = grown
    }
    this.#map[id] = target
    return target
  }
}
