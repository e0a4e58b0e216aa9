import type { Column, ColumnType } from './column.js'
import type { Shape } from './shape.js'

/** Where a decoder finds the value of a column: `column` is an index into the stream's columns. */
export interface Leaf {
  readonly path: readonly string[]
  readonly column: number
}

/** A leaf as found in the shape, with the union members that it lies in. */
interface Found {
  readonly path: readonly string[]
  readonly type: ColumnType
  readonly json: boolean
  /** For each union around it: which one, and which of its members. */
  readonly choices: ReadonlyMap<string, number>
}

/** The lake's own columns. */
const RESERVED = /^_/

/**
 * The columns of a shape: each scalar leaf, named by its last key, or by its path joined with `_` where two paths share a
 * last key with different types or within one record. Arrays and maps are one JSON text column.
 *
 * @param overrides names given by the pipeline: column name to dotted path.
 */
export function columnsOfShape(
  root: Shape,
  stream: string,
  overrides: Readonly<Record<string, string>> = {},
): { columns: readonly Column[]; leaves: readonly Leaf[] } {
  const found: Found[] = []
  collect(root, [], new Map(), found, { count: 0 }, stream)
  const named = names(found, stream, overrides)

  const columns: Column[] = []
  const leaves: Leaf[] = []
  const index = new Map<string, number>()
  const seenPaths = new Set<string>()
  found.forEach((leaf, i) => {
    const name = named[i] as string
    const at = index.get(name)
    const before = at === undefined ? undefined : columns[at]
    if (before !== undefined && (!sameType(before.type, leaf.type) || (before.json === true) !== leaf.json)) {
      throw new Error(
        `stream "${stream}": column "${name}" would have two types, ${text(before.type, before.json === true)} at ` +
          `"${before.path.join('.')}" and ${text(leaf.type, leaf.json)} at "${leaf.path.join('.')}"; ` +
          'give one of them another name with `columns`, or say with nullWhen which values mean null',
      )
    }
    const column = at ?? columns.length
    if (at === undefined) {
      index.set(name, column)
      columns.push({ name, type: leaf.type, path: leaf.path, ...(leaf.json ? { json: true as const } : {}) })
    }
    const key = JSON.stringify(leaf.path)
    if (!seenPaths.has(key)) leaves.push({ path: leaf.path, column })
    seenPaths.add(key)
  })
  if (columns.length === 0) throw new Error(`stream "${stream}": the schema has no scalar field`)
  refuseNames(columns, stream)
  return { columns, leaves }
}

function collect(
  shape: Shape,
  path: readonly string[],
  choices: ReadonlyMap<string, number>,
  into: Found[],
  unions: { count: number },
  stream: string,
): void {
  const leaf = (type: ColumnType, json = false) => {
    if (path.length === 0) throw new Error(`stream "${stream}": the record must be an object, z.object({ … })`)
    into.push({ path, type, json, choices })
  }
  switch (shape.kind) {
    case 'object':
      for (const field of shape.fields) collect(field.shape, [...path, field.key], choices, into, unions, stream)
      return
    case 'union': {
      const id = `u${unions.count++}`
      for (const [i, member] of shape.of.entries()) {
        collect(member, path, new Map(choices).set(id, i), into, unions, stream)
      }
      return
    }
    case 'optional':
    case 'nullable':
      if (path.length === 0) throw new Error(`stream "${stream}": the record itself may not be ${shape.kind}`)
      collect(shape.of, path, choices, into, unions, stream)
      return
    case 'null-when':
      collect(shape.of, path, choices, into, unions, stream)
      return
    case 'null':
      return
    case 'text':
      leaf({ kind: 'text' })
      return
    case 'number':
      leaf({ kind: shape.whole ? 'integer' : 'real' })
      return
    case 'decimal':
      leaf({ kind: 'decimal', scale: shape.scale })
      return
    case 'time':
      leaf({ kind: 'time' })
      return
    case 'boolean':
      leaf({ kind: 'boolean' })
      return
    case 'literal': {
      for (const type of new Set(shape.values.map(typeOfLiteral))) leaf({ kind: type })
      return
    }
    case 'any':
    case 'array':
    case 'tuple':
    case 'record':
      leaf({ kind: 'text' }, true)
      return
  }
}

function typeOfLiteral(value: string | number | boolean): 'text' | 'integer' | 'real' | 'boolean' {
  if (typeof value === 'string') return 'text'
  if (typeof value === 'boolean') return 'boolean'
  return Number.isSafeInteger(value) ? 'integer' : 'real'
}

/** The name of each leaf, by the rules above. */
function names(found: readonly Found[], stream: string, overrides: Readonly<Record<string, string>>): string[] {
  const given = new Map<string, string>()
  for (const [name, path] of Object.entries(overrides)) {
    if (!found.some((leaf) => leaf.path.join('.') === path)) {
      const paths = [...new Set(found.map((leaf) => leaf.path.join('.')))].join(', ')
      throw new Error(`stream "${stream}": columns.${name} names the path "${path}", which is not among ${paths}`)
    }
    if (given.has(path)) throw new Error(`stream "${stream}": columns gives the path "${path}" two names`)
    given.set(path, name)
  }
  const byLastKey = new Map<string, Found[]>()
  const free = found.filter((leaf) => !given.has(leaf.path.join('.')))
  for (const leaf of free) {
    const key = leaf.path.at(-1) as string
    byLastKey.set(key, [...(byLastKey.get(key) ?? []), leaf])
  }
  const joined = new Set<string>()
  for (const [key, leaves] of byLastKey) if (conflict(leaves)) joined.add(key)
  const result = found.map((leaf) => {
    const override = given.get(leaf.path.join('.'))
    if (override !== undefined) return override
    const key = leaf.path.at(-1) as string
    return joined.has(key) ? leaf.path.join('_') : key
  })
  for (const [i, leaf] of found.entries()) {
    for (let j = 0; j < i; j++) {
      const other = found[j] as Found
      if (result[i] !== result[j] || samePath(leaf, other) || exclusive(leaf, other)) continue
      throw new Error(
        `stream "${stream}": "${other.path.join('.')}" and "${leaf.path.join('.')}" would both be column "${result[i]}"; ` +
          `name one of them, for example defineStream({ columns: { ${result[i]}_2: '${leaf.path.join('.')}' } })`,
      )
    }
  }
  return result
}

/** True where leaves with one last key lie at different paths with different types, or within one record. */
function conflict(leaves: readonly Found[]): boolean {
  return leaves.some((a, i) =>
    leaves
      .slice(0, i)
      .some((b) => !samePath(a, b) && (!sameType(a.type, b.type) || a.json !== b.json || !exclusive(a, b))),
  )
}

function samePath(a: Found, b: Found): boolean {
  return a.path.length === b.path.length && a.path.every((key, i) => key === b.path[i])
}

/** True where no record can hold both: they lie in different members of one union. */
function exclusive(a: Found, b: Found): boolean {
  for (const [id, member] of a.choices) if (b.choices.has(id) && b.choices.get(id) !== member) return true
  return false
}

function sameType(a: ColumnType, b: ColumnType): boolean {
  return a.kind === b.kind && (a.kind !== 'decimal' || b.kind !== 'decimal' || a.scale === b.scale)
}

function text(type: ColumnType, json: boolean): string {
  return json ? 'JSON' : type.kind === 'decimal' ? `decimal(${type.scale})` : type.kind
}

function refuseNames(columns: readonly Column[], stream: string): void {
  const folded = new Map<string, string>()
  for (const { name, path } of columns) {
    const at = `stream "${stream}": column "${name}" (field "${path.join('.')}")`
    if (name === '' || name.length > 200 || /[\p{Cc}"]/u.test(name))
      throw new Error(`${at} has no usable name: give one with \`columns\``)
    if (RESERVED.test(name))
      throw new Error(`${at} begins with "_", as the lake's own columns do: rename it with \`columns\``)
    if (name in Object.prototype)
      throw new Error(`${at} is named as a member of every JavaScript object: rename it with \`columns\``)
    // SQL names ignore case
    const other = folded.get(name.toLowerCase())
    if (other !== undefined)
      throw new Error(`${at} differs from column "${other}" by case alone: rename one with \`columns\``)
    folded.set(name.toLowerCase(), name)
  }
}
