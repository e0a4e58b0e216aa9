import { getOrMake } from '../merge/get-or-make.js'
import type { Grouping } from '../merge/grouping.js'
import type { Filter } from './filter.js'

/** The groups that satisfy some filters, learned group by group and kept, since groups only ever are added. */
export class Matcher {
  readonly #ids: number[] = []
  #flags = new Uint8Array(64)
  #seen = 0

  constructor(
    readonly grouping: Grouping,
    /** Positions are those of the view's dimensions; each is among the grouping's. */
    readonly filters: readonly Filter[],
  ) {}

  /** Ids that match, ascending. */
  ids(): readonly number[] {
    this.#learn()
    return this.#ids
  }

  matches(id: number): boolean {
    if (id >= this.#seen) this.#learn()
    return this.#flags[id] === 1
  }

  #learn(): void {
    const { groups, dimensions } = this.grouping
    if (this.#seen === groups.size) return
    if (groups.size > this.#flags.length) {
      const grown = new Uint8Array(Math.max(groups.size, this.#flags.length * 2))
      grown.set(this.#flags)
      this.#flags = grown
    }
    const tests = this.filters.map((filter) => ({ at: dimensions.indexOf(filter.dimension), test: filter.test }))
    for (let id = this.#seen; id < groups.size; id++) {
      const values = groups.at(id)
      if (!tests.every(({ at, test }) => test(values[at] ?? null))) continue
      this.#flags[id] = 1
      this.#ids.push(id)
    }
    this.#seen = groups.size
  }
}

/** Matchers in use, by grouping and filters; the least recently used goes first. */
export class Matchers {
  readonly #known = new WeakMap<Grouping, Map<string, Matcher>>()

  /** @param limit matchers kept per grouping */
  constructor(readonly limit = 256) {}

  of(grouping: Grouping, filters: readonly Filter[]): Matcher {
    const known = getOrMake(this.#known, grouping, () => new Map<string, Matcher>())
    const key = JSON.stringify(filters.map((filter) => filter.text).sort())
    const matcher = known.get(key) ?? new Matcher(grouping, filters)
    known.delete(key)
    known.set(key, matcher)
    if (known.size > this.limit) known.delete(known.keys().next().value as string)
    return matcher
  }
}
