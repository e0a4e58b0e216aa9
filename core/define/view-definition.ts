import type { ExprNode } from '../expression/expr-node.js'
import type { MeasureSpec } from '../measure/measure-spec.js'
import type { RegisterSpec } from '../measure/register-spec.js'
import type { ColumnType } from './column.js'
import type { StreamDefinition } from './stream-definition.js'
import type { RetainedWindow } from './view-retention.js'

export interface Dimension {
  readonly name: string
  /** text, integer, decimal, boolean or time; a real may not group (it has no bit promise). */
  readonly type: ColumnType
}

/** What one stream contributes to a view. Arrays are aligned with the view's `dimensions` and `measures`. */
export interface ViewPart {
  readonly stream: StreamDefinition
  /** Boolean expression; null: every record. */
  readonly where: ExprNode | null
  readonly by: readonly ExprNode[]
  /** The measure's input: null for `count()` , undefined where this part does not name the measure (the identity there). */
  readonly inputs: readonly (PartInput | undefined)[]
}

/** A measure as a part feeds it: its value and an optional condition (`count().where(…)`, `sum(x).where(…)`). */
export interface PartInput {
  readonly value: ExprNode | null
  readonly where: ExprNode | null
}

/** A compiled view: what `defineView` returns. Frozen plain data. */
export interface ViewDefinition {
  readonly kind: 'view'
  readonly name: string
  readonly parts: readonly ViewPart[]
  readonly dimensions: readonly Dimension[]
  readonly measures: readonly { readonly name: string; readonly spec: MeasureSpec }[]
  /** Registers of all measures in order, then the `overflow` counter; a cell's registers are an array aligned with it. */
  readonly registers: readonly RegisterSpec[]
  /** Window sizes in ms, ascending; the first is the finest and divides every other one. */
  readonly windows: readonly number[]
  /** IANA zone of the view's days and hours of the week. Default 'UTC'. */
  readonly zone: string
  /** How long fine windows are kept apart, the finest first; absent: for ever. */
  readonly retention?: readonly RetainedWindow[]
  /** UTC ms: records of epochs that began before it do not count; absent: all do. */
  readonly sinceMs?: number
  /** True for a stream's built-in ledger, whose window is the epoch. */
  readonly ledger: boolean
  /** Hex sha256 of the definition, the schemas of all parts and ALGEBRA_VERSION. Only equal hashes are merged. */
  readonly hash: string
}
