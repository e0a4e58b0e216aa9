import type { Leaf } from '../define/columns.js'
import type { Bounds, LiteralShape, ObjectShape, Shape, UnionShape } from '../define/shape.js'
import { compileInstant } from '../time/instant-of.js'
import {
  acceptsAbsent,
  acceptsNull,
  compileNumberReader,
  compileShapeCheck,
  compileTextCheck,
  sentAs,
} from './check-shape.js'
import { describeShape } from './describe-shape.js'
import { REASONS } from './reasons.js'

/** JavaScript that turns a parsed record into column variables, and the functions and constants that it uses. */
export interface GeneratedDecode {
  /** Statements: read `v`, set `c0`, `c1`, …; on a mismatch `return reject(reason, field, value, expected)`. */
  readonly body: string
  /** Name to value, for the generated function's closure. */
  readonly uses: Readonly<Record<string, unknown>>
}

/**
 * Generates straight-line code for one stream: no loop over columns, no lookup by name, one variable per column.
 * The code expects `v` (the parsed value), `escaped` (whether the text held a `\u` escape: only then can a string be
 * ill-formed), `reject` and `wellFormed`.
 */
export function generateDecode(root: Shape, leaves: readonly Leaf[]): GeneratedDecode {
  return new Generator(leaves).generate(root)
}

/** Label of the member of a union that is being tried; null outside of unions. */
type Label = string | null

class Generator {
  private readonly uses: Record<string, unknown> = {}
  private readonly columnAt: ReadonlyMap<string, number>
  private count = 0

  constructor(leaves: readonly Leaf[]) {
    this.columnAt = new Map(leaves.map((leaf) => [JSON.stringify(leaf.path), leaf.column]))
  }

  generate(root: Shape): GeneratedDecode {
    const body = this.value(root, 'v', [], null)
    return { body, uses: this.uses }
  }

  private name(prefix: string): string {
    return `${prefix}${this.count++}`
  }

  private use(prefix: string, value: unknown): string {
    const name = this.name(prefix)
    this.uses[name] = value
    return name
  }

  private column(path: readonly string[]): string {
    return `c${this.columnAt.get(JSON.stringify(path)) as number}`
  }

  /** What happens on a mismatch: within a member of a union the next member is tried, else the record is refused. */
  private fail(shape: Shape, at: string, path: readonly string[], to: Label, reason: string): string {
    if (to !== null) return `break ${to};`
    const field = path.length === 0 ? 'null' : JSON.stringify(path.join('.'))
    return `return reject(${reason}, ${field}, ${at}, ${JSON.stringify(describeShape(shape))});`
  }

  /** Code for a value in the variable `at`, which is never undefined, and never null unless the shape accepts null. */
  private value(shape: Shape, at: string, path: readonly string[], to: Label): string {
    const fail = (reason: string) => `{${this.fail(shape, at, path, to, reason)}}`
    const type = word(REASONS.type)
    switch (shape.kind) {
      case 'optional':
        return this.value(shape.of, at, path, to)
      case 'nullable':
        return `if (${at} !== null) {${this.value(shape.of, at, path, to)}}`
      case 'null-when': {
        const not = shape.values.map((v) => `${at} !== ${JSON.stringify(v)}`).join(' && ')
        return `if (${not}) {${this.guarded(shape.of, at, path, to)}}`
      }
      case 'null':
        return `if (${at} !== null) ${fail(type)}`
      case 'object':
        return this.object(shape, at, path, to)
      case 'union':
        return this.union(shape, at, path, to)
      case 'boolean':
        return `if (typeof ${at} !== 'boolean') ${fail(type)} ${this.column(path)} = ${at};`
      case 'literal':
        return this.literal(shape, at, path, to)
      case 'text': {
        const plain = shape.minLength === undefined && shape.maxLength === undefined && shape.patterns === undefined
        const check = plain
          ? ''
          : `if (!${this.use('fits', compileTextCheck(shape))}(${at})) ${fail(word(REASONS.value))}`
        return `if (typeof ${at} !== 'string') ${fail(type)} ${check} ${this.column(path)} = escaped ? wellFormed(${at}) : ${at};`
      }
      case 'number':
      case 'decimal': {
        const read = this.use('read', compileNumberReader(shape))
        const r = this.name('r')
        const column = this.column(path)
        const slow = `const ${r} = ${read}(${at}); if (${r}.reason !== null) ${fail(`${r}.reason`)} ${column} = ${r}.value;`
        if (shape.kind === 'decimal' || !shape.whole || shape.multipleOf !== undefined) return slow
        // what nearly every record holds is tested in place; the reader says what is wrong with the others. + 0 makes 0 of −0
        const fits = [`typeof ${at} === 'number'`, `Number.isSafeInteger(${at})`, ...boundTests(shape, at)].join(' && ')
        return `if (${fits}) ${column} = ${at} + 0; else {${slow}}`
      }
      case 'time': {
        const read = this.use('time', compileInstant(shape.format))
        const t = this.name('t')
        const types = [...sentAs(shape)].map((sent) => `typeof ${at} !== '${sent}'`).join(' && ')
        const time = `const ${t} = ${read}(${at}); if (${t} === null) ${fail(word(REASONS.time))}`
        return `if (${types}) ${fail(type)} ${time} ${this.column(path)} = ${t};`
      }
      case 'any':
        return `if (${at} !== null) ${this.column(path)} = JSON.stringify(${at});`
      case 'array':
      case 'tuple':
      case 'record':
        return this.json(shape, at, path, to)
    }
  }

  /** As `value`, for a place where null may stand although the shape does not accept it. */
  private guarded(shape: Shape, at: string, path: readonly string[], to: Label): string {
    const inner = this.value(shape, at, path, to)
    if (acceptsNull(shape)) return inner
    return `if (${at} === null) {${this.fail(shape, at, path, to, word(REASONS.missing))}} ${inner}`
  }

  private object(shape: ObjectShape, at: string, path: readonly string[], to: Label): string {
    const parts = [this.isObject(shape, at, path, to)]
    for (const field of shape.fields) {
      const x = this.name('x')
      const inside = [...path, field.key]
      parts.push(`const ${x} = ${at}[${JSON.stringify(field.key)}];`)
      const inner = this.value(field.shape, x, inside, to)
      const refused = [
        acceptsAbsent(field.shape) ? '' : `${x} === undefined`,
        acceptsNull(field.shape) ? '' : `${x} === null`,
      ].filter(Boolean)
      const missing = this.fail(field.shape, x, inside, to, word(REASONS.missing))
      if (refused.length > 0) parts.push(`if (${refused.join(' || ')}) {${missing}}`)
      parts.push(acceptsAbsent(field.shape) ? `if (${x} !== undefined) {${inner}}` : inner)
    }
    return parts.join('\n')
  }

  private isObject(shape: Shape, at: string, path: readonly string[], to: Label): string {
    const fail = this.fail(shape, at, path, to, word(REASONS.type))
    return `if (typeof ${at} !== 'object' || ${at} === null || Array.isArray(${at})) {${fail}}`
  }

  private literal(shape: LiteralShape, at: string, path: readonly string[], to: Label): string {
    const { values } = shape
    const differs =
      values.length <= 8
        ? values.map((v) => `${at} !== ${JSON.stringify(v)}`).join(' && ')
        : `!${this.use('values', new Set(values))}.has(${at})`
    const types = [...new Set(values.map((v) => typeof v))].map((t) => `typeof ${at} === '${t}'`)
    const reason = `${types.join(' || ')} ? ${word(REASONS.value)} : ${word(REASONS.type)}`
    const read = values.every((v) => typeof v === 'number') ? `${at} + 0` : at
    return `if (${differs}) {${this.fail(shape, at, path, to, reason)}} ${this.column(path)} = ${read};`
  }

  private json(shape: Shape, at: string, path: readonly string[], to: Label): string {
    const check = this.use('check', compileShapeCheck(shape))
    const p = this.name('p')
    const field = `${JSON.stringify(path.join('.'))} + ${p}.path.map((key) => '.' + key).join('')`
    const refuse = to !== null ? `break ${to};` : `return reject(${p}.reason, ${field}, ${p}.value, ${p}.expected);`
    return `const ${p} = ${check}(${at}); if (${p} !== null) {${refuse}} ${this.column(path)} = JSON.stringify(${at});`
  }

  private union(shape: UnionShape, at: string, path: readonly string[], to: Label): string {
    const all = flatten(shape)
    const members = all.filter((member) => member.kind !== 'null')
    const key = discriminator(members)
    const inner =
      key === null
        ? this.attempts(shape, members, at, path, to)
        : this.switched(shape, members as readonly ObjectShape[], key, at, path, to)
    return members.length === all.length ? inner : `if (${at} !== null) {${inner}}`
  }

  /** Tries one member after the other. */
  private attempts(
    shape: UnionShape,
    members: readonly Shape[],
    at: string,
    path: readonly string[],
    to: Label,
  ): string {
    const out = this.name('u')
    const parts = members.map((member) => {
      const label = this.name('m')
      const set = this.columnsBelow(member, path)
      // a member that fails half way leaves no column behind
      const reset = set.length === 0 ? '' : `${[...new Set(set)].join(' = ')} = null;`
      return `${label}: {${this.guarded(member, at, path, label)} break ${out};} ${reset}`
    })
    return `${out}: {${parts.join('\n')} ${this.fail(shape, at, path, to, word(REASONS.value))}}`
  }

  /** A union whose members are told apart by the value of one field. */
  private switched(
    shape: UnionShape,
    members: readonly ObjectShape[],
    key: string,
    at: string,
    path: readonly string[],
    to: Label,
  ): string {
    const x = this.name('x')
    const cases = members.map((member) => {
      const labels = literalsOf(member, key).map((v) => `case ${JSON.stringify(v)}:`)
      return `${labels.join(' ')} {${this.object(member, at, path, to)} break;}`
    })
    const values: LiteralShape = { kind: 'literal', values: members.flatMap((member) => literalsOf(member, key)) }
    const reason = `${x} === undefined || ${x} === null ? ${word(REASONS.missing)} : ${word(REASONS.value)}`
    const none = this.fail(values, x, [...path, key], to, reason)
    const head = `${this.isObject(shape, at, path, to)} const ${x} = ${at}[${JSON.stringify(key)}];`
    return `${head} switch (${x}) {${cases.join('\n')} default: {${none}}}`
  }

  private columnsBelow(shape: Shape, path: readonly string[]): string[] {
    switch (shape.kind) {
      case 'object':
        return shape.fields.flatMap((field) => this.columnsBelow(field.shape, [...path, field.key]))
      case 'union':
        return shape.of.flatMap((member) => this.columnsBelow(member, path))
      case 'optional':
      case 'nullable':
      case 'null-when':
        return this.columnsBelow(shape.of, path)
      case 'null':
        return []
      default:
        return [this.column(path)]
    }
  }
}

function boundTests({ min, max, above, below }: Bounds, at: string): string[] {
  const bounds = [
    ['>=', min],
    ['<=', max],
    ['>', above],
    ['<', below],
  ] as const
  return bounds.flatMap(([operator, bound]) => (bound === undefined ? [] : [`${at} ${operator} ${bound}`]))
}

function word(reason: string): string {
  return JSON.stringify(reason)
}

function flatten(shape: UnionShape): readonly Shape[] {
  return shape.of.flatMap((member) => (member.kind === 'union' ? flatten(member) : [member]))
}

/** A field that every member (an object) requires to be one of values that no other member has; null if there is none. */
export function discriminator(members: readonly Shape[]): string | null {
  const first = members[0]
  if (first?.kind !== 'object' || members.some((member) => member.kind !== 'object')) return null
  for (const { key } of first.fields) {
    const lists = members.map((member) => literalsOf(member as ObjectShape, key))
    const all = lists.flat()
    if (lists.every((list) => list.length > 0) && new Set(all).size === all.length) return key
  }
  return null
}

function literalsOf(member: ObjectShape, key: string): readonly (string | number | boolean)[] {
  const shape = member.fields.find((field) => field.key === key)?.shape
  return shape?.kind === 'literal' ? shape.values : []
}
