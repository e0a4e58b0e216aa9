import { coldResolution } from '../../core/define/cold-resolution.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'

/** Stretch of event time [fromMs, toMs) that an answer has in coarse windows alone. */
export interface ColdPart {
  readonly fromMs: number
  readonly toMs: number
  readonly sizeMs: number
}

/** Start of the window that a cell of an answer is compared in. */
export function comparedWindow(cold: readonly ColdPart[]): (startMs: number) => number {
  return (startMs) => {
    const part = cold.find(({ fromMs, toMs }) => startMs >= fromMs && startMs < toMs)
    return part === undefined ? startMs : Math.floor(startMs / part.sizeMs) * part.sizeMs
  }
}

/**
 * The same of a record, in SQL: the window that it is folded into, then the one that it is compared in.
 * @param time column of the event time, UTC ms
 * @param epochStart column of the start of the record's epoch, UTC ms
 */
export function windowSql(view: ViewDefinition, cold: readonly ColdPart[], time: string, epochStart: string): string {
  const start = (of: string, size: number) => `(${of} - ((${of} % ${size}) + ${size}) % ${size})`
  const retained = (view.retention ?? []).map(
    ({ sizeMs, keepMs }) =>
      `WHEN ${start(time, sizeMs)} + ${sizeMs} > ${epochStart} - ${keepMs} THEN ${start(time, sizeMs)}`,
  )
  const folded =
    retained.length === 0
      ? start(time, view.windows[0] as number)
      : `(CASE ${retained.join(' ')} ELSE ${start(time, coldResolution(view))} END)`
  if (cold.length === 0) return folded
  const parts = cold.map(
    ({ fromMs, toMs, sizeMs }) => `WHEN ${folded} >= ${fromMs} AND ${folded} < ${toMs} THEN ${start(folded, sizeMs)}`,
  )
  return `CASE ${parts.join(' ')} ELSE ${folded} END`
}
