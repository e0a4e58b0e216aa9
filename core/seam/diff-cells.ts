import type { EncodedCell, Registers } from '../cell/cell.js'
import { compareKeys, parseCellKey, windowOfKey } from '../cell/cell-key.js'
import { decodeRegisters } from '../cell/decode-registers.js'
import { emptyRegisters } from '../cell/empty-registers.js'
import { mergeInto } from '../cell/merge-into.js'
import { registersAgree } from '../cell/registers-agree.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { finish } from '../measure/finish.js'
import type { Mover, ViewDiff } from './snapshot-diff.js'

/** Rows shown per measure. */
const MOVERS = 5

/** Compares a view's cells part by part, so that not all of them need be in memory. */
export interface CellDiff {
  /**
   * Cells of the same windows before and after, each list merged and in order; no window comes twice.
   * @returns whether any differ
   */
  add(before: readonly EncodedCell[], after: readonly EncodedCell[]): boolean
  /** Cells that count in the totals, of each side; told once a difference was found. */
  addTotals(before: readonly EncodedCell[], after: readonly EncodedCell[]): void
  result(): ViewDiff
}

export function createCellDiff(view: ViewDefinition): CellDiff {
  let windows = 0
  let changedWindows = 0
  let [rowsAdded, rowsRemoved, rowsChanged] = [0, 0, 0]
  const totals = { before: emptyRegisters(view.registers), after: emptyRegisters(view.registers) }
  const movers = new Map<string, Mover[]>()
  let lastWindow = Number.NaN
  let lastChanged = Number.NaN

  const seen = (windowMs: number, changed: boolean): void => {
    if (windowMs !== lastWindow) windows++
    lastWindow = windowMs
    if (!changed || windowMs === lastChanged) return
    changedWindows++
    lastChanged = windowMs
  }
  const sum = (into: Registers, cells: readonly EncodedCell[]): void => {
    for (const cell of cells) mergeInto(view.registers, into, decodeRegisters(view.registers, cell.registers))
  }
  return {
    add(before, after) {
      let differs = false
      const changed = (key: string, was: string | null, is: string | null): void => {
        differs = true
        seen(windowOfKey(key), true)
        if (was === null) rowsAdded++
        else if (is === null) rowsRemoved++
        else rowsChanged++
        moved(view, movers, key, was, is)
      }
      let [b, a] = [0, 0]
      while (b < before.length || a < after.length) {
        const [was, is] = [before[b], after[a]]
        const order =
          was === undefined ? 1 : is === undefined ? -1 : was.key === is.key ? 0 : compareKeys(was.key, is.key)
        if (order < 0 && was !== undefined) changed(was.key, was.registers, null)
        else if (order > 0 && is !== undefined) changed(is.key, null, is.registers)
        else if (was !== undefined && is !== undefined) {
          if (registersAgree(view.registers, was.registers, is.registers)) seen(windowOfKey(is.key), false)
          else changed(is.key, was.registers, is.registers)
        }
        if (order <= 0) b++
        if (order >= 0) a++
      }
      return differs
    },
    addTotals(before, after) {
      sum(totals.before, before)
      sum(totals.after, after)
    },
    result() {
      const [was, is] = [finish(view, totals.before), finish(view, totals.after)]
      return {
        view: view.name,
        redefined: false,
        windows,
        changedWindows,
        rowsAdded,
        rowsRemoved,
        rowsChanged,
        totals:
          changedWindows === 0
            ? []
            : view.measures.map(({ name }) => ({ measure: name, before: was[name] ?? null, after: is[name] ?? null })),
        movers: view.measures.flatMap(({ name }) => movers.get(name) ?? []),
      }
    },
  }
}

/** Keeps, per measure, the rows that moved most. */
function moved(
  view: ViewDefinition,
  movers: Map<string, Mover[]>,
  key: string,
  was: string | null,
  is: string | null,
): void {
  const values = (text: string | null) => (text === null ? {} : finish(view, decodeRegisters(view.registers, text)))
  const [before, after] = [values(was), values(is)]
  for (const { name } of view.measures) {
    const mover = { measure: name, before: numberOf(before[name]), after: numberOf(after[name]) }
    if (mover.before === mover.after) continue
    const held = movers.get(name) ?? []
    const least = held.at(-1)
    if (held.length === MOVERS && least !== undefined && distance(least) >= distance(mover)) continue
    held.push({ ...mover, ...placeOf(view, key) })
    held.sort((x, y) => distance(y) - distance(x))
    movers.set(name, held.slice(0, MOVERS))
  }
}

function placeOf(view: ViewDefinition, key: string): Pick<Mover, 'windowStartMs' | 'dimensions'> {
  const { windowStartMs, dims } = parseCellKey(key)
  const named = view.dimensions.map(({ name }, i) => [name, dims[i] === null ? null : String(dims[i])] as const)
  return { windowStartMs, dimensions: Object.fromEntries(named) }
}

function distance({ before, after }: Pick<Mover, 'before' | 'after'>): number {
  return Math.abs((after ?? 0) - (before ?? 0))
}

/** Of a quantile with several probabilities none is taken: its totals say enough. */
function numberOf(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}
