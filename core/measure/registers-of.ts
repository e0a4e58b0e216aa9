import { freeze } from '../freeze.js'
import type { MeasureSpec } from './measure-spec.js'
import type { NumberRegister, RegisterSpec } from './register-spec.js'

/** Last register of every cell: records of the cell for which an expression of the view left ±(2^53 − 1). */
export const OVERFLOW_REGISTER: NumberRegister = freeze({
  kind: 'number',
  name: 'overflow',
  op: 'add',
  number: 'whole',
})

/** The registers that a measure is made of, in their order within a cell. */
export function registersOf(name: string, spec: MeasureSpec): readonly RegisterSpec[] {
  const add = (part: string, number: 'whole' | 'real'): RegisterSpec =>
    freeze<RegisterSpec>({ kind: 'number', name: `${name}.${part}`, op: 'add', number })
  const number: 'whole' | 'real' = 'input' in spec && spec.input.kind === 'real' ? 'real' : 'whole'
  switch (spec.kind) {
    case 'count':
      return [add('n', 'whole')]
    case 'sum':
      return [add('s', number)]
    case 'mean':
      return [add('s', number), add('n', 'whole')]
    case 'variance':
      return [add('n', 'whole'), add('s', number), add('s2', number)]
    case 'min':
    case 'max':
      return [freeze<RegisterSpec>({ kind: 'number', name: `${name}.${spec.kind}`, op: spec.kind, number })]
    case 'distinct':
      return [freeze({ kind: 'hll', name: `${name}.hll`, precision: spec.precision })]
    case 'quantile':
      return [freeze({ kind: 'histogram', name: `${name}.hist` })]
  }
}

/** A view's registers: those of its measures in order, then `overflow`. */
export function registersOfView(
  measures: readonly { readonly name: string; readonly spec: MeasureSpec }[],
): readonly RegisterSpec[] {
  return freeze([...measures.flatMap(({ name, spec }) => registersOf(name, spec)), OVERFLOW_REGISTER])
}
