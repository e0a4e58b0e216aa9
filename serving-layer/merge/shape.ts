import { freeze } from '../../core/freeze.js'
import type { RegisterSpec } from '../../core/measure/register-spec.js'

/** How a number register merges in a table's packed numbers. */
export const NumberOp = freeze({
  /** A whole number added exactly; beyond 2^53 it continues as a bigint. */
  addWhole: 0,
  /** A double added; its tolerance is stated, so it is never corrected by a difference. */
  addReal: 1,
  min: 2,
  max: 3,
})

/** A view's registers as a table packs them: numbers side by side, sketches apart. */
export interface Shape {
  readonly specs: readonly RegisterSpec[]
  /** One `NumberOp` per number register. */
  readonly ops: Uint8Array
  /** Position in `specs` of each number register. */
  readonly numberAt: readonly number[]
  /** Position in `specs` of each sketch. */
  readonly sketchAt: readonly number[]
  /** True where a changed cell can be applied to a rollup as new − old; false where a real is added. */
  readonly adjustable: boolean
}

export function shapeOf(specs: readonly RegisterSpec[]): Shape {
  const numberAt: number[] = []
  const sketchAt: number[] = []
  const ops: number[] = []
  specs.forEach((spec, index) => {
    if (spec.kind !== 'number') {
      sketchAt.push(index)
      return
    }
    numberAt.push(index)
    if (spec.op === 'add') ops.push(spec.number === 'whole' ? NumberOp.addWhole : NumberOp.addReal)
    else ops.push(spec.op === 'min' ? NumberOp.min : NumberOp.max)
  })
  return freeze({
    specs,
    ops: Uint8Array.from(ops),
    numberAt,
    sketchAt,
    adjustable: !ops.includes(NumberOp.addReal),
  })
}
