import type { ColumnType } from '../define/column.js'
import type { CallNode, ExprNode, LiteralNode } from './expr-node.js'
import { MAX_WHOLE } from './expr-node.js'
import type { JavascriptContext } from './javascript-context.js'
import {
  asciiLower,
  asciiUpper,
  type CalendarField,
  calendarReader,
  codePoints,
  floorMod,
  roundReal,
  roundWhole,
  substringOf,
  trimText,
} from './runtime.js'
import { isNumber, scaleOf, typeOfCall } from './type-of.js'

// One case per operation, beside `to-sql.ts` case by case: longer than most files, but split it would be harder to compare.

/** A value in generated code: a name or a literal, free of effects. */
interface Operand {
  readonly code: string
  readonly type: ColumnType
  /** False where the value cannot be null, which saves its test. */
  readonly nullable: boolean
}

/**
 * Compiles an expression: appends what must be computed to the context and returns the code of its value, null included.
 * Each statement runs once per record, with no interpretation left.
 */
export function toJavascript(node: ExprNode, context: JavascriptContext): string {
  return operand(node, context).code
}

/** Compiles a condition to code that is `true` exactly where the expression is true; null and false are `false`. */
export function toJavascriptCondition(node: ExprNode, context: JavascriptContext): string {
  const { code, nullable } = operand(node, context)
  return nullable ? `${code} === true` : code
}

function operand(node: ExprNode, context: JavascriptContext): Operand {
  switch (node.kind) {
    case 'column': {
      const column = context.columns.find(({ name }) => name === node.name)
      if (column === undefined) throw new Error(`there is no column "${node.name}"`)
      return { code: context.column(node.name), type: column.type, nullable: true }
    }
    case 'literal':
      return literalOperand(node)
    case 'call':
      if (node.op === 'case') return caseOperand(node, context)
      if (node.op === 'coalesce') return coalesceOperand(node, context)
      return callOperand(
        node,
        node.args.map((arg) => operand(arg, context)),
        context,
      )
  }
}

function literalOperand({ value, type }: LiteralNode): Operand {
  const code = JSON.stringify(value)
  // `1 - -2` without brackets would still parse, `1--2` would not
  return { code: typeof value === 'number' && value < 0 ? `(${code})` : code, type, nullable: value === null }
}

function callOperand(node: CallNode, args: readonly Operand[], context: JavascriptContext): Operand {
  const type = typeOfCall(
    node,
    args.map((arg) => arg.type),
  )
  const [a, b] = args as [Operand, Operand]
  const held = (code: string, nullable = args.some((arg) => arg.nullable)): Operand => {
    const name = context.fresh()
    context.emit(`const ${name} = ${code}`)
    return { code: name, type, nullable }
  }
  /** `code` where no argument is null, else null. */
  const strict = (code: string) => held(guarded(args, code))
  const parameter = (at: number) => (node.args[at] as LiteralNode).value
  const runtime = (fn: unknown, ...more: readonly string[]) =>
    strict(`${context.constant(fn)}(${[a.code, ...more].join(', ')})`)
  switch (node.op) {
    case 'is':
      return strict(compared(a, '===', b))
    case 'is-not':
      return strict(compared(a, '!==', b))
    case 'gt':
      return strict(compared(a, '>', b))
    case 'gte':
      return strict(compared(a, '>=', b))
    case 'lt':
      return strict(compared(a, '<', b))
    case 'lte':
      return strict(compared(a, '<=', b))
    case 'in': {
      const values = args.slice(1)
      if (a.type.kind === 'text' && values.length > 8) {
        const set = new Set(node.args.slice(1).map((value) => (value as LiteralNode).value))
        return strict(`${context.constant(set)}.has(${a.code})`)
      }
      return strict(values.map((value) => compared(a, '===', value)).join(' || '))
    }
    case 'is-null':
      return held(a.nullable ? `${a.code} === null` : 'false', false)
    case 'and':
    case 'or': {
      const decisive = node.op === 'or'
      const nullable = args.filter((arg) => arg.nullable)
      const decided = args.map(({ code }) => `${code} === ${decisive}`).join(' || ')
      const unknown = nullable.map(({ code }) => `${code} === null`).join(' || ')
      return held(
        unknown === ''
          ? decisive
            ? decided
            : `!(${decided})`
          : `${decided} ? ${decisive} : ${unknown} ? null : ${!decisive}`,
      )
    }
    case 'not':
      return strict(`!${a.code}`)
    case 'plus':
    case 'minus': {
      const operator = node.op === 'plus' ? '+' : '-'
      const [left, right] = [converted(a, type, context), converted(b, type, context)]
      return checked([left, right], `${left.code} ${operator} ${right.code}`, type, context)
    }
    case 'times': {
      const [left, right] = type.kind === 'real' ? [converted(a, type, context), converted(b, type, context)] : [a, b]
      // + 0: a product may be −0, which is 0 here
      return checked([left, right], `${left.code} * ${right.code} + 0`, type, context)
    }
    case 'divided-by':
      return checked([a, b], quotient(a, b), type, context, `${b.code} !== 0`)
    case 'abs':
      return strict(`Math.abs(${a.code})`)
    case 'negate':
      return strict(`0 - ${a.code}`)
    case 'round': {
      const scale = scaleOf(type)
      if (a.type.kind === 'real') {
        return checked([a], `${context.constant(roundReal)}(${a.code}, ${10 ** scale})`, type, context)
      }
      const by = scaleOf(a.type) - scale
      if (by <= 0) return converted(a, type, context)
      return runtime(roundWhole, String(10 ** by))
    }
    case 'floor-to': {
      const size = b.code
      if (type.kind === 'real') return checked([a], `Math.floor(${a.code} / ${size}) * ${size} + 0`, type, context)
      return checked([a], `${a.code} - ${context.constant(floorMod)}(${a.code}, ${size})`, type, context)
    }
    case 'to-real':
      return converted(a, type, context)
    case 'lower':
      return runtime(asciiLower)
    case 'upper':
      return runtime(asciiUpper)
    case 'trim':
      return runtime(trimText)
    case 'length':
      return runtime(codePoints)
    case 'substring':
      return runtime(substringOf, String(parameter(1)), String(parameter(2)))
    case 'concat':
      return strict(args.map(({ code }) => code).join(' + '))
    case 'starts-with':
      return strict(`${a.code}.startsWith(${b.code})`)
    case 'ends-with':
      return strict(`${a.code}.endsWith(${b.code})`)
    case 'contains':
      return strict(`${a.code}.includes(${b.code})`)
    case 'to-text':
      return strict(`String(${a.code})`)
    case 'plus-ms':
      return checked(args, `${a.code} + ${b.code}`, type, context)
    case 'ms-since':
      return checked(args, `${a.code} - ${b.code}`, type, context)
    case 'truncate':
      return checked([a], `Math.floor(${a.code} / ${b.code}) * ${b.code} + 0`, type, context)
    case 'hour':
    case 'minute':
    case 'day-of-week':
    case 'day-of-month':
    case 'month':
    case 'year':
      return strict(
        `${context.constant(calendarReader(node.op satisfies CalendarField, String(parameter(1))))}(${a.code})`,
      )
    case 'coalesce':
    case 'case':
      throw new Error(`${node.op} evaluates its arguments itself`)
  }
}

/** `code` guarded against null arguments. */
function guarded(args: readonly Operand[], code: string): string {
  const nullable = args.filter((arg) => arg.nullable)
  if (nullable.length === 0) return code
  return `${nullable.map((arg) => `${arg.code} === null`).join(' || ')} ? null : ${nullable.length > 0 ? `(${code})` : code}`
}

/** A number that is null where an argument is, where `condition` fails, or where the result leaves its type's range. */
function checked(
  args: readonly Operand[],
  code: string,
  type: ColumnType,
  context: JavascriptContext,
  condition?: string,
): Operand {
  const name = context.fresh()
  const present = args.filter((arg) => arg.nullable).map((arg) => `${arg.code} !== null`)
  const tests = [...present, ...(condition === undefined ? [] : [condition])]
  const range =
    type.kind === 'real'
      ? `if (!Number.isFinite(${name})) ${name} = null`
      : `if (${name} > ${MAX_WHOLE} || ${name} < -${MAX_WHOLE}) { ${name} = null; ${context.overflow} = 1 }`
  context.emit(`let ${name} = null`)
  context.emit(`${tests.length > 0 ? `if (${tests.join(' && ')}) ` : ''}{ ${name} = ${code}; ${range} }`)
  return { code: name, type, nullable: true }
}

/** The same number in another number type: scaled up, which may overflow, or as a real. */
function converted(value: Operand, type: ColumnType, context: JavascriptContext): Operand {
  if (!isNumber(type) || (value.type.kind === type.kind && scaleOf(value.type) === scaleOf(type))) return value
  if (type.kind === 'real') {
    const name = context.fresh()
    context.emit(`const ${name} = ${guarded([value], realCode(value))}`)
    return { code: name, type, nullable: value.nullable }
  }
  const by = scaleOf(type) - scaleOf(value.type)
  if (by === 0) return { ...value, type }
  return checked([value], `${value.code} * ${10 ** by}`, type, context)
}

/** Code of a number as a double. */
function realCode({ code, type }: Operand): string {
  return type.kind === 'decimal' && type.scale > 0 ? `${code} / ${10 ** type.scale}` : code
}

/** Comparison by exact value: a product beyond 2^53 is inexact, but then larger than any whole number of the other side. */
function compared(a: Operand, operator: string, b: Operand): string {
  if (a.type.kind === 'real' || b.type.kind === 'real') return `${realCode(a)} ${operator} ${realCode(b)}`
  const by = scaleOf(a.type) - scaleOf(b.type)
  const left = by < 0 ? `${a.code} * ${10 ** -by}` : a.code
  const right = by > 0 ? `${b.code} * ${10 ** by}` : b.code
  return `${left} ${operator} ${right}`
}

/** Quotient of the values as held, corrected once for the difference of scales. */
function quotient(a: Operand, b: Operand): string {
  const by = scaleOf(b.type) - scaleOf(a.type)
  if (a.type.kind === 'real' || b.type.kind === 'real') return `(${realCode(a)}) / (${realCode(b)}) + 0`
  return `${a.code} / ${b.code}${by > 0 ? ` * ${10 ** by}` : by < 0 ? ` / ${10 ** -by}` : ''} + 0`
}

function caseOperand(node: CallNode, context: JavascriptContext): Operand {
  const type = typeOfNode(node, context)
  const name = context.fresh()
  context.emit(`let ${name} = null`)
  let depth = 0
  let nullable = false
  const assign = (branch: ExprNode) => {
    const value = converted(operand(branch, context), type, context)
    nullable ||= value.nullable
    context.emit(`${name} = ${value.code}`)
  }
  for (let i = 0; i + 1 < node.args.length; i += 2) {
    // nested, so that a later condition is not evaluated once an earlier one is true
    context.emit(`if (${toJavascriptCondition(node.args[i] as ExprNode, context)}) {`)
    assign(node.args[i + 1] as ExprNode)
    context.emit('} else {')
    depth++
  }
  assign(node.args.at(-1) as ExprNode)
  context.emit('}'.repeat(depth))
  return { code: name, type, nullable }
}

function coalesceOperand(node: CallNode, context: JavascriptContext): Operand {
  const type = typeOfNode(node, context)
  const name = context.fresh()
  context.emit(`let ${name} = null`)
  let depth = 0
  // scaling up may overflow, and so make null of what was not
  let scaled = false
  let ends = false
  for (const arg of node.args) {
    const value = operand(arg, context)
    scaled ||= type.kind === 'decimal' && scaleOf(value.type) < type.scale
    if (!value.nullable) {
      context.emit(`${name} = ${converted(value, type, context).code}`)
      // what comes after it is never reached
      ends = true
      break
    }
    context.emit(`if (${value.code} !== null) {`)
    context.emit(`${name} = ${converted(value, type, context).code}`)
    context.emit('} else {')
    depth++
  }
  context.emit('}'.repeat(depth))
  return { code: name, type, nullable: scaled || !ends }
}

function typeOfNode(node: ExprNode, context: JavascriptContext): ColumnType {
  if (node.kind === 'literal') return node.type
  if (node.kind === 'column') {
    const column = context.columns.find(({ name }) => name === node.name)
    if (column === undefined) throw new Error(`there is no column "${node.name}"`)
    return column.type
  }
  return typeOfCall(
    node,
    node.args.map((arg) => typeOfNode(arg, context)),
  )
}
