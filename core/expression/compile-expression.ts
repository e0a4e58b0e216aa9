import type { Column, Row, Scalar } from '../define/column.js'
import type { ExprNode } from './expr-node.js'
import { createJavascriptContext } from './javascript-context.js'
import { toJavascript } from './to-javascript.js'

/** What an expression gives for one record. */
export interface Evaluated {
  readonly value: Scalar
  /** True where a whole-number result left ±(2^53 − 1). */
  readonly overflow: boolean
}

/** Compiles one expression to a function of a record that also tells of overflow. */
export function compileEvaluation(node: ExprNode, columns: readonly Column[]): (row: Row) => Evaluated {
  const { run } = generate(node, columns, 'return { value: $, overflow: overflow === 1 }')
  // generated from the definition by this compiler, so what it returns is known
  return run as (row: Row) => Evaluated
}

/** Compiles one expression to a function of a record. */
export function compileExpression(node: ExprNode, columns: readonly Column[]): (row: Row) => Scalar {
  return generate(node, columns, 'return $').run as (row: Row) => Scalar
}

/** Compiles a boolean expression to a test that holds where it is true, so not where it is null. */
export function compileCondition(node: ExprNode, columns: readonly Column[]): (row: Row) => boolean {
  return generate(node, columns, 'return $ === true').run as (row: Row) => boolean
}

function generate(node: ExprNode, columns: readonly Column[], end: string): { run: unknown } {
  const context = createJavascriptContext(columns)
  const value = toJavascript(node, context)
  const names = [...context.constants.keys()]
  const code = `return (row) => {\nlet overflow = 0\n${context.body()}\n${end.replace('$', () => value)}\n}`
  return { run: new Function(...names, code)(...context.constants.values()) }
}
