import type { NumberExpr } from '../expression/expr.js'
import { freeze } from '../freeze.js'
import type { NumberType } from './measure-spec.js'

/** The number type of an expression, for a measure's spec. @throws where it is not a number. */
export function numberTypeOf(value: NumberExpr, measure: string): NumberType {
  const type = value?.type
  switch (type?.kind) {
    case 'integer':
    case 'real':
      return freeze({ kind: type.kind })
    case 'decimal':
      return freeze({ kind: 'decimal', scale: type.scale })
    default:
      throw new Error(
        `${measure}() reads a number, got ${(type as { kind: string } | undefined)?.kind ?? String(value)}`,
      )
  }
}
