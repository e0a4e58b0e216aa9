import type { Scalar } from '../../core/define/column.js'

/**
 * Dimension values held once and named by a small whole number, so that a cell in memory is an integer and a few
 * numbers. Ids count from 0 and are never reused while the set lives.
 */
export class TupleSet {
  readonly #ids = new Map<string, number>()
  readonly #tuples: (readonly Scalar[])[] = []

  get size(): number {
    return this.#tuples.length
  }

  /** @param text the canonical JSON of the values without its opening bracket: a cell's key after the first comma. */
  idOfText(text: string): number {
    const known = this.#ids.get(text)
    return known ?? this.#add(text, JSON.parse(`[${text}`) as Scalar[])
  }

  idOf(values: readonly Scalar[]): number {
    const text = JSON.stringify(values).slice(1)
    return this.#ids.get(text) ?? this.#add(text, values)
  }

  at(id: number): readonly Scalar[] {
    const tuple = this.#tuples[id]
    if (tuple === undefined) throw new RangeError(`tuple ${id} was never given out (${this.#tuples.length} are)`)
    return tuple
  }

  #add(text: string, values: readonly Scalar[]): number {
    const id = this.#tuples.length
    this.#tuples.push(values)
    // A copy, since a slice of a cell's key would keep the whole reply that it came in alive.
    this.#ids.set(Buffer.from(text).toString(), id)
    return id
  }
}

/** A dimension text and a window start, as they stand in a cell's key `[windowStartMs, …]`. */
export function splitCellKey(key: string): { readonly windowStartMs: number; readonly dimensions: string } {
  const comma = key.indexOf(',')
  const windowStartMs = Number(comma < 0 ? key.slice(1, -1) : key.slice(1, comma))
  if (!Number.isSafeInteger(windowStartMs)) throw new Error(`cell key ${key} does not begin with a window start`)
  return { windowStartMs, dimensions: comma < 0 ? ']' : key.slice(comma + 1) }
}
