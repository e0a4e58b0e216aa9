import { getOrMake } from './get-or-make.js'
import { Projection } from './projection.js'
import { TupleSet } from './tuple-set.js'

/** Cells grouped by some of a view's dimensions: the tuples of those values, and which of them each full tuple belongs to. */
export interface Grouping {
  /** Positions in the view's dimensions, ascending; also the order of a group's values. */
  readonly dimensions: readonly number[]
  readonly groups: TupleSet
  /** True where every dimension is named: a group is a tuple. */
  readonly full: boolean
  /** Group of a full tuple. */
  readonly of: (tuple: number) => number
}

/** The groupings in use over one set of tuples; each is made once, since rollups are kept per grouping. */
export class Groupings {
  readonly #known = new Map<string, Grouping>()
  readonly #coarser = new Map<Grouping, Map<Grouping, Projection>>()

  constructor(
    readonly tuples: TupleSet,
    readonly width: number,
  ) {}

  /** @param dimensions positions in the view's dimensions, in any order */
  by(dimensions: Iterable<number>): Grouping {
    const picks = [...new Set(dimensions)].sort((a, b) => a - b)
    const key = picks.join(',')
    let grouping = this.#known.get(key)
    if (!grouping) {
      grouping = picks.length === this.width ? whole(this.tuples, picks) : part(this.tuples, picks)
      this.#known.set(key, grouping)
    }
    return grouping
  }

  /** Group in `coarse` of a group in `fine`; the dimensions of `coarse` are among those of `fine`. */
  between(fine: Grouping, coarse: Grouping): (group: number) => number {
    if (fine === coarse) return identity
    const targets = getOrMake(this.#coarser, fine, () => new Map<Grouping, Projection>())
    const projection = getOrMake(targets, coarse, () => {
      const picks = coarse.dimensions.map((dimension) => fine.dimensions.indexOf(dimension))
      return new Projection(fine.groups, coarse.groups, picks)
    })
    return (group) => projection.of(group)
  }
}

function whole(tuples: TupleSet, dimensions: readonly number[]): Grouping {
  return { dimensions, groups: tuples, full: true, of: identity }
}

function part(tuples: TupleSet, dimensions: readonly number[]): Grouping {
  const groups = new TupleSet()
  const projection = new Projection(tuples, groups, dimensions)
  return { dimensions, groups, full: false, of: (tuple) => projection.of(tuple) }
}

function identity(id: number): number {
  return id
}
