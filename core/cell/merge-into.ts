import type { RegisterSpec } from '../measure/register-spec.js'
import { addWhole } from './add-whole.js'
import type { Registers, RegisterValue } from './cell.js'

/**
 * Merges `source` into `target`, in place; `source` stays as it is. Commutative and associative, with the empty registers as
 * identity; for real sums within their tolerance only.
 */
export function mergeInto(specs: readonly RegisterSpec[], target: Registers, source: Readonly<Registers>): void {
  for (let i = 0; i < specs.length; i++) {
    const spec = specs[i] as RegisterSpec
    const from = source[i] as RegisterValue
    const into = target[i] as RegisterValue
    if (spec.kind === 'hll') mergeMax(into as Map<number, number>, from as Map<number, number>)
    else if (spec.kind === 'histogram') mergeAdd(into as Map<number, number>, from as Map<number, number>)
    else if (spec.op === 'add') {
      target[i] =
        spec.number === 'real'
          ? (into as number) + (from as number)
          : addWhole(into as number | bigint, from as number | bigint)
    } else if (from !== null) {
      const [a, b] = [into as number | null, from as number]
      if (a === null || (spec.op === 'min' ? b < a : b > a)) target[i] = b
    }
  }
}

function mergeMax(into: Map<number, number>, from: ReadonlyMap<number, number>): void {
  for (const [index, rho] of from) {
    const held = into.get(index)
    if (held === undefined || held < rho) into.set(index, rho)
  }
}

function mergeAdd(into: Map<number, number>, from: ReadonlyMap<number, number>): void {
  for (const [bucket, count] of from) into.set(bucket, (into.get(bucket) ?? 0) + count)
}
