import { createHash } from 'node:crypto'
import type { EncodedCell } from '../../core/cell/cell.js'
import { parseCellKey } from '../../core/cell/cell-key.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import type { Scalar } from '../../core/define/column.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { finish } from '../../core/measure/finish.js'
import type { Segment } from '../../core/seam/segment.js'
import { fieldNames, type Resolution } from './view-index.js'

export interface CellDocument {
  /** Made from segment and key, so that writing it again replaces it by itself. */
  readonly id: string
  /** JSON of the document. */
  readonly source: string
}

/** One document per cell, one after another: dimensions, `window`, `resolution`, finished measures, `stream`, `segment`. */
export function* cellDocuments(
  view: ViewDefinition,
  segment: Segment,
  resolution: Resolution,
  cells: Iterable<EncodedCell>,
): Generator<CellDocument> {
  const names = fieldNames(view)
  for (const { key, registers } of cells) {
    const { windowStartMs, dims } = parseCellKey(key)
    const { stream, id } = segment
    const document: Record<string, unknown> = { window: windowStartMs, resolution, stream, segment: id }
    view.dimensions.forEach(({ type }, i) => {
      document[names.dimensions[i] as string] = shown(dims[i] as Scalar, type.kind === 'decimal' ? type.scale : 0)
    })
    const overflow: string[] = []
    const values = finish(view, decodeRegisters(view.registers, registers))
    view.measures.forEach(({ name }, i) => {
      const value = values[name]
      if (value === 'overflow') overflow.push(name)
      else document[names.measures[i] as string] = value
    })
    if (overflow.length > 0) document.overflow = overflow
    const hash = createHash('sha256').update(key).digest('hex').slice(0, 32)
    yield { id: `${id}-${resolution}-${hash}`, source: JSON.stringify(document) }
  }
}

function shown(value: Scalar, scale: number): Scalar {
  return typeof value === 'number' && scale > 0 ? value / 10 ** scale : value
}
