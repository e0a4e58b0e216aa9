import type { MeasureValue } from '../measure/finish.js'

/** A measure over everything that was compared. */
export interface MeasureTotals {
  readonly measure: string
  readonly before: MeasureValue
  readonly after: MeasureValue
}

/** A row whose measure moved; null where the row was not there. */
export interface Mover {
  readonly measure: string
  /** Start of the window, UTC ms. */
  readonly windowStartMs: number
  /** By the names of the view's dimensions, as text. */
  readonly dimensions: Readonly<Record<string, string | null>>
  readonly before: number | null
  readonly after: number | null
}

/** What a view would say instead of what it says now, over the ranges that are replaced, at its finest window. */
export interface ViewDiff {
  readonly view: string
  /** True where the definition changed: rows of two definitions are not compared, only counted. */
  readonly redefined: boolean
  /** Windows with rows before or after. */
  readonly windows: number
  /** Those of them with a row that was added, removed or changed. */
  readonly changedWindows: number
  readonly rowsAdded: number
  readonly rowsRemoved: number
  readonly rowsChanged: number
  /** Empty where nothing changed. */
  readonly totals: readonly MeasureTotals[]
  /** Per measure, the rows that moved most, furthest first. */
  readonly movers: readonly Mover[]
}

/** Comparison of what is to be published with what is in force. */
export interface SnapshotDiff {
  /** The snapshot in force that was compared with. */
  readonly base: string
  /** By name ascending; views of which nothing is replaced are left out. */
  readonly views: readonly ViewDiff[]
  /** Over all views. */
  readonly windows: number
  readonly changedWindows: number
}
