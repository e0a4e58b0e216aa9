import type { ExprNode, Operation } from './expr-node.js'

/** Operations whose whole result is checked against ±(2^53 − 1). On reals they do not count, but the type is not known here. */
const CHECKED: ReadonlySet<Operation> = new Set([
  'plus',
  'minus',
  'times',
  'round',
  'floor-to',
  'plus-ms',
  'ms-since',
  'truncate',
])

/** True where evaluating the expression can count in the cell's `overflow` register. */
export function mayOverflow(node: ExprNode): boolean {
  return node.kind === 'call' && (CHECKED.has(node.op) || node.args.some(mayOverflow))
}
