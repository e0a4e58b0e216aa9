import { NumberOp } from './shape.js'

/** Stands in a packed whole number's place while its value lies beside the array as a bigint; no whole number is infinite. */
export const WIDE = Number.POSITIVE_INFINITY

/** Merges two packed numbers (NaN: no extreme yet); undefined where a whole sum needs more than 53 bits. */
export function mergeNumber(op: number, left: number, right: number): number | undefined {
  switch (op) {
    case NumberOp.addWhole: {
      const sum = left + right
      return Number.isSafeInteger(sum) ? sum : undefined
    }
    case NumberOp.addReal:
      return left + right
    case NumberOp.min:
      return Number.isNaN(left) || right < left ? right : left
    default:
      return Number.isNaN(left) || right > left ? right : left
  }
}
