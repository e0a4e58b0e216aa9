import { wholeOf } from '../cell/add-whole.js'
import type { EncodedCell, RegisterValue } from '../cell/cell.js'
import { cellKey } from '../cell/cell-key.js'
import { encodeRegisters } from '../cell/encode-registers.js'
import type { ColumnType, Scalar } from '../define/column.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { addHllCode } from '../measure/hll.js'
import type { RegisterSpec } from '../measure/register-spec.js'

/**
 * The cell of one row of `compileViewSql` or `compileLedgerSql`.
 *
 * @param row its values in the order of the SELECT: window, dimensions, registers. Whole numbers may be bigint.
 * @throws where a value is not of the kind that the view's SQL gives.
 */
export function cellOfSqlRow(view: ViewDefinition, row: readonly unknown[]): EncodedCell {
  const { dimensions, registers: specs } = view
  if (row.length !== 1 + dimensions.length + specs.length) {
    throw new Error(`view "${view.name}": a row has ${row.length} values, not ${1 + dimensions.length + specs.length}`)
  }
  const window = wholeNumber(row[0], view, 'window')
  const dims = dimensions.map(({ name, type }, i) => dimension(row[1 + i], type, view, name))
  const registers = specs.map((spec, i) => register(row[1 + dimensions.length + i], spec, view))
  return { key: cellKey(window, dims), registers: encodeRegisters(specs, registers) }
}

function dimension(value: unknown, type: ColumnType, view: ViewDefinition, name: string): Scalar {
  if (value === null || value === undefined) return null
  if (type.kind === 'text' && typeof value === 'string') return value
  if (type.kind === 'boolean' && typeof value === 'boolean') return value
  if (type.kind !== 'text' && type.kind !== 'boolean') return wholeNumber(value, view, name)
  throw new Error(`view "${view.name}": dimension ${name} is ${typeof value}, not ${type.kind}`)
}

function wholeNumber(value: unknown, view: ViewDefinition, name: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value
  if (!Number.isSafeInteger(number))
    throw new Error(`view "${view.name}": ${name} is ${String(value)}, not a safe whole number`)
  return (number as number) + 0
}

function register(value: unknown, spec: RegisterSpec, view: ViewDefinition): RegisterValue {
  if (spec.kind === 'hll') return sketch(value, addHllCode, spec, view)
  if (spec.kind === 'histogram') return histogram(value, spec, view)
  if (value === null || value === undefined) return spec.op === 'add' ? 0 : null
  if (typeof value === 'bigint') return spec.number === 'real' ? Number(value) : wholeOf(value)
  if (typeof value !== 'number')
    throw new Error(`view "${view.name}": register ${spec.name} is ${typeof value}, not a number`)
  return value + 0
}

function sketch(
  value: unknown,
  add: (into: Map<number, number>, code: number) => void,
  spec: RegisterSpec,
  view: ViewDefinition,
): Map<number, number> {
  const into = new Map<number, number>()
  for (const code of texts(value, spec, view)) add(into, Number(code))
  return into
}

function histogram(value: unknown, spec: RegisterSpec, view: ViewDefinition): Map<number, number> {
  const into = new Map<number, number>()
  for (const pair of texts(value, spec, view)) {
    const equals = pair.indexOf('=')
    into.set(Number(pair.slice(0, equals)), Number(pair.slice(equals + 1)))
  }
  return into
}

/** `[1, 2]` or `{1=2, 3=4}` → its entries. */
function texts(value: unknown, spec: RegisterSpec, view: ViewDefinition): string[] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'string')
    throw new Error(`view "${view.name}": register ${spec.name} is ${typeof value}, not text`)
  const inner = value.slice(1, -1)
  return inner === '' ? [] : inner.split(', ')
}
