import { parseCellKey } from '../../core/cell/cell-key.js'
import { compileFold } from '../../core/compile/compile-fold.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { finish } from '../../core/measure/finish.js'

/** What a view answers for records of one of its streams: `start|dimensions` to measures, for tests of pipelines. */
export function answersOf(
  view: ViewDefinition,
  stream: StreamDefinition,
  values: readonly unknown[],
  windowMs: number,
) {
  const decoder = compileDecoder(stream)
  const fold = compileFold(stream, [view], 3_600_000)
  for (const value of values) {
    const decoded = decoder.decode(Buffer.from(JSON.stringify(value)), Number.MAX_SAFE_INTEGER / 2)
    if (!decoded.ok) throw new Error(`${decoded.reason} at ${decoded.field}: ${decoded.value}`)
    fold.add(decoded.row, 0)
  }
  const cells = fold.takeDirty().filter((cell) => cell.resolutionMs === windowMs)
  return Object.fromEntries(
    cells.map((cell) => {
      const { windowStartMs, dims } = parseCellKey(cell.key)
      return [`${new Date(windowStartMs).toISOString()}|${dims.join('|')}`, finish(view, cell.registers)]
    }),
  )
}
