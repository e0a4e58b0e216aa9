import type { Column, Row } from '../define/column.js'
import type { RejectRule } from '../define/stream-definition.js'
import type { ExprNode } from '../expression/expr-node.js'
import { createJavascriptContext } from '../expression/javascript-context.js'
import { toJavascriptCondition } from '../expression/to-javascript.js'
import type { Rejection } from './decoder.js'
import { rejection } from './rejection.js'

/** The rejection by the first rule that is true for a row; null where none is. */
export type RejectTest = (row: Row) => Rejection | null

/** Compiles a stream's rules to one function that stops at the first that is true; null where there are no rules. */
export function compileRejects(rules: readonly RejectRule[], columns: readonly Column[]): RejectTest | null {
  if (rules.length === 0) return null
  const context = createJavascriptContext(columns)
  for (const rule of rules) {
    const refuse = context.constant(refusal(rule, columns))
    context.emit(`if (${toJavascriptCondition(rule.when, context)}) return ${refuse}(row)`)
  }
  const names = [...context.constants.keys()]
  const source = `'use strict';\nreturn (row) => {\nlet overflow = 0\n${context.body()}\nreturn null\n}`
  // generated from the definition by the expression's own compiler, so what it returns is known
  return new Function(...names, source)(...context.constants.values()) as RejectTest
}

/** The rejection names the fields that the rule reads and their values. */
function refusal(rule: RejectRule, columns: readonly Column[]): (row: Row) => Rejection {
  const names = columnsIn(rule.when)
  const read = columns.filter((column) => names.has(column.name))
  const field = read.length === 0 ? null : read.map((column) => column.path.join('.')).join(', ')
  return (row) => {
    const values = read.map(({ name, type }): [string, unknown] => {
      const value = row[name]
      if (type.kind === 'decimal' && typeof value === 'number') return [name, value / 10 ** type.scale]
      return [name, type.kind === 'time' && typeof value === 'number' ? new Date(value).toISOString() : value]
    })
    return rejection(rule.reason, field, Object.fromEntries(values), `a record that is not ${rule.reason}`)
  }
}

function columnsIn(node: ExprNode, into = new Set<string>()): ReadonlySet<string> {
  if (node.kind === 'column') into.add(node.name)
  if (node.kind === 'call') for (const arg of node.args) columnsIn(arg, into)
  return into
}
