import type { ModelRecord } from './model-log.js'

/**
 * The model's algebra: a cell's registers are the list of the records it counted, `<partition>:<offset>` each, so that a
 * record counted twice, or not at all, can be named. Merging is putting lists together.
 */
export const VIEWS = [
  { name: 'counts', hash: 'counts-1' },
  { name: 'ledger', hash: 'ledger-1' },
] as const

/** Duplicates as they are defined: by the epoch in which an id occurred last. */
export class Definition {
  readonly #last = new Map<string, number>()

  /** @param epoch the record's; records come in the order of their partition, from its first on */
  repeats({ kind, id }: ModelRecord, epoch: number): boolean {
    if (kind !== 'valid' || id === null) return false
    const last = this.#last.get(id)
    this.#last.set(id, epoch)
    return last !== undefined && last >= epoch - 1
  }
}

/** What one delivered record adds: view, key of the cell, and itself. Ticks add nothing. */
export function contributions(
  partition: number,
  record: ModelRecord,
  repeats: boolean,
): readonly { view: string; key: string; item: string }[] {
  const item = `${partition}:${record.offset}`
  if (record.kind === 'tick') return []
  if (record.kind === 'bad') return [{ view: 'ledger', key: '[0,"rejected","type"]', item }]
  if (repeats) return [{ view: 'ledger', key: '[0,"duplicate",null]', item }]
  return [
    { view: 'counts', key: `[${record.window}]`, item },
    { view: 'ledger', key: '[0,"accepted",null]', item },
  ]
}

/** Cells by key, each with how often it counted each record. */
export class CellBag {
  readonly #counts = new Map<string, number>()

  add(view: string, key: string, registers: string): void {
    for (const item of registers.split(',')) this.addItem(view, key, item)
  }

  addItem(view: string, key: string, item: string): void {
    const name = `${view} ${key} ${item}`
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  /** Null where equal; otherwise what is too much and what is missing in this one. */
  differenceFrom(expected: CellBag): { extra: readonly string[]; missing: readonly string[] } | null {
    const extra = [...this.#counts].filter(([name, n]) => n > (expected.#counts.get(name) ?? 0)).map(([name]) => name)
    const missing = [...expected.#counts].filter(([name, n]) => n > (this.#counts.get(name) ?? 0)).map(([name]) => name)
    return extra.length + missing.length > 0 ? { extra, missing } : null
  }

  /** Items counted more than once. */
  get doubled(): boolean {
    return [...this.#counts.values()].some((n) => n > 1)
  }
}
