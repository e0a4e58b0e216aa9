import type { RegisterSpec } from '../measure/register-spec.js'
import type { EncodedCell, Registers } from './cell.js'
import { compareKeys } from './cell-key.js'
import { decodeRegisters } from './decode-registers.js'
import { encodeRegisters } from './encode-registers.js'
import { mergeInto } from './merge-into.js'

/** What merging needs of a view. */
export interface Mergeable {
  readonly registers: readonly RegisterSpec[]
}

/** Merges lists of cells by key; one cell per key, ordered by window, then by key. */
export function mergeEncoded(view: Mergeable, lists: Iterable<Iterable<EncodedCell>>): EncodedCell[] {
  const merge = createMerge(view)
  for (const list of lists) for (const { key, registers } of list) merge.add(key, registers)
  return merge.take()
}

/** Merges cells one by one, so that lists need not be in memory together. */
export interface CellMerge {
  add(key: string, registers: string): void
  /** The cells merged so far, ordered; the merge is empty after it. */
  take(): EncodedCell[]
}

export function createMerge(view: Mergeable): CellMerge {
  // text while a key was seen once, which needs no decoding; registers from the second time on
  let cells = new Map<string, string | Registers>()
  return {
    add(key, registers) {
      const held = cells.get(key)
      if (held === undefined) {
        cells.set(key, registers)
        return
      }
      const target = typeof held === 'string' ? decodeRegisters(view.registers, held) : held
      mergeInto(view.registers, target, decodeRegisters(view.registers, registers))
      if (target !== held) cells.set(key, target)
    },
    take() {
      const keys = [...cells.keys()].sort(compareKeys)
      const merged = keys.map((key) => {
        const held = cells.get(key) as string | Registers
        return { key, registers: typeof held === 'string' ? held : encodeRegisters(view.registers, held) }
      })
      cells = new Map()
      return merged
    },
  }
}
