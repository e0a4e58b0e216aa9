// Longer than most: one case per form of zod schema, and a sentence for each form that is refused.
import { globalRegistry } from 'zod'
import type { $ZodCheck, $ZodType, $ZodTypes } from 'zod/v4/core'
import { type ColumnMeta, readColumnMeta } from './column-meta.js'
import type { Bounds, NumberShape, Shape, TextShape } from './shape.js'

/** Formats of text that zod checks by their pattern alone, so that the decoder can check them by the same one. */
const PATTERN_FORMATS: ReadonlySet<string> = new Set([
  'regex',
  'starts_with',
  'ends_with',
  'includes',
  'lowercase',
  'uppercase',
  'email',
  'guid',
  'uuid',
  'nanoid',
  'cuid',
  'cuid2',
  'ulid',
  'xid',
  'ksuid',
  'emoji',
  'datetime',
  'date',
  'time',
  'duration',
  'ipv4',
  'cidrv4',
  'e164',
])

/** Checks of our own schemas (`decimal(2)`, `localTime(…)`): the decoder makes them from the metadata. */
const ownChecks = new WeakSet<object>()

/** Marks a function given to `.refine()` as one that the metadata beside it repeats for the decoder. */
export function ownCheck<F extends object>(check: F): F {
  ownChecks.add(check)
  return check
}

/** Reads a zod schema into plain data. Throws where the schema says something that a decoder cannot be generated from. */
export function readSchema(schema: $ZodType, stream: string): Shape {
  return shapeOf(schema as $ZodTypes, { stream, path: [], meta: {} })
}

interface Context {
  readonly stream: string
  readonly path: readonly string[]
  /** Metadata of the schemas around this one that speak of the same value. */
  readonly meta: ColumnMeta
}

function shapeOf(schema: $ZodTypes, outer: Context): Shape {
  const where = `stream "${outer.stream}": ${outer.path.length === 0 ? 'the record' : `field "${outer.path.join('.')}"`}`
  const own = (globalRegistry.get(schema) as Record<string, unknown> | undefined)?.tandem
  const meta: ColumnMeta = { ...readColumnMeta(own, where), ...outer.meta }
  const fail = (what: string): never => {
    throw new Error(`${where} ${what}`)
  }
  const child = (of: unknown, key: string): Shape =>
    shapeOf(of as $ZodTypes, { stream: outer.stream, path: [...outer.path, key], meta: {} })
  /** Another schema for the same value, which the metadata of this one speaks of too. */
  const same = (of: unknown): Shape => shapeOf(of as $ZodTypes, { ...outer, meta })

  const def = schema._zod.def
  if (def.type === 'optional') return { kind: 'optional', of: same(def.innerType) }
  if (def.type === 'nullable') return { kind: 'nullable', of: same(def.innerType) }
  if (def.type === 'readonly') return same(def.innerType)
  const { nullWhen, ...rest } = meta
  if (nullWhen === undefined) return applyMeta(formOf(schema), rest, where)
  if (def.type !== 'union') return { kind: 'null-when', values: nullWhen, of: applyMeta(formOf(schema), rest, where) }
  const kept = withoutLiterals(def.options as $ZodTypes[], nullWhen)
  if (kept.length === 0) fail('has nothing left beside its nullWhen')
  const members = union(kept.map((member) => shapeOf(member, { ...outer, meta: {} })))
  return { kind: 'null-when', values: nullWhen, of: applyMeta(members, rest, where) }

  function formOf(of: $ZodTypes): Shape {
    const d = of._zod.def
    const checks = checksOf(of)
    const refuseChecks = () => {
      for (const check of checks) refuseCheck(check, where)
    }
    switch (d.type) {
      case 'string':
        if (d.coerce) fail('coerces: the schema describes the JSON as sent')
        return textShape(checks, where)
      case 'number':
        if (d.coerce) fail('coerces: the schema describes the JSON as sent')
        return numberShape(checks, where)
      case 'boolean':
        if (d.coerce) fail('coerces: the schema describes the JSON as sent')
        refuseChecks()
        return { kind: 'boolean' }
      case 'null':
        return { kind: 'null' }
      case 'any':
      case 'unknown':
        refuseChecks()
        return { kind: 'any' }
      case 'literal':
      case 'enum': {
        refuseChecks()
        const values = [...(of._zod.values as Set<unknown>)]
        const scalars = values.filter((v) => v !== null)
        for (const v of scalars) {
          const plain = typeof v === 'string' || typeof v === 'boolean' || Number.isFinite(v)
          if (!plain) fail(`has a literal that JSON cannot hold: ${String(v)}`)
        }
        const literal: Shape = { kind: 'literal', values: scalars as (string | number | boolean)[] }
        if (scalars.length === 0) return { kind: 'null' }
        return scalars.length === values.length ? literal : { kind: 'nullable', of: literal }
      }
      case 'object': {
        refuseChecks()
        const catchall = (d.catchall as $ZodTypes | undefined)?._zod.def.type
        if (catchall === 'never') fail('is strict: undeclared fields are kept as JSON in the lake, use z.object')
        if (catchall !== undefined && catchall !== 'unknown' && catchall !== 'any') {
          fail('checks undeclared fields (catchall): declare them, or use z.record')
        }
        const fields = Object.entries(d.shape).map(([key, value]) => {
          if (key in Object.prototype) fail(`has a field "${key}", which every JavaScript object has: rename it`)
          return { key, shape: child(value, key) }
        })
        return { kind: 'object', fields }
      }
      case 'array':
        return { kind: 'array', of: child(d.element, '[]'), ...lengthOf(checks, where) }
      case 'tuple':
        refuseChecks()
        return {
          kind: 'tuple',
          items: d.items.map((item, i) => child(item, `[${i}]`)),
          rest: d.rest ? child(d.rest, '[]') : null,
        }
      case 'record': {
        refuseChecks()
        const keys = child(d.keyType, '{key}')
        if (keys.kind !== 'text') return fail('is a map with keys from a list: list them with z.object')
        return { kind: 'record', keys, of: child(d.valueType, '{}') }
      }
      case 'union':
        refuseChecks()
        return union(d.options.map((option) => shapeOf(option as $ZodTypes, { ...outer, meta: {} })))
      case 'default':
      case 'prefault':
      case 'catch':
        return fail(`has a ${d.type}: the schema describes the JSON as sent; use .optional() and .or(…) in the view`)
      case 'pipe':
      case 'transform':
        return fail('has a transform: the schema describes the JSON as sent; compute in the view')
      case 'intersection':
        return fail('is an intersection: use z.object(…).extend(…)')
      case 'lazy':
        return fail('refers to itself (lazy): use z.unknown(), which is kept as JSON text')
      default:
        return fail(`has zod type "${d.type}", which JSON does not hold or Tandem does not know`)
    }
  }
}

function union(members: readonly Shape[]): Shape {
  return members.length === 1 ? (members[0] as Shape) : { kind: 'union', of: members }
}

/** Members of a union that are more than a list of the given values. */
function withoutLiterals(options: readonly $ZodTypes[], values: readonly (string | number)[]): readonly $ZodTypes[] {
  return options.filter((option) => {
    const type = option._zod.def.type
    if (type !== 'literal' && type !== 'enum') return true
    return ![...(option._zod.values as Set<unknown>)].every((v) => values.includes(v as string | number))
  })
}

function applyMeta(shape: Shape, meta: Omit<ColumnMeta, 'nullWhen'>, where: string): Shape {
  const { decimal, fromText, time } = meta
  if (decimal === undefined && fromText === undefined && time === undefined) return shape
  if (shape.kind === 'optional' || shape.kind === 'nullable') return { ...shape, of: applyMeta(shape.of, meta, where) }
  // the schema of fromText(…) is a union of the number and its text
  const number = shape.kind === 'union' && fromText === true ? shape.of.find((member) => member.kind !== 'text') : shape
  if (number?.kind === 'time' && time === undefined && decimal === undefined) {
    if (!number.format.format.startsWith('epoch-')) throw new Error(`${where} is text already, fromText has no meaning`)
    return { ...number, fromText: fromText === true }
  }
  if (time !== undefined) {
    const fits =
      number?.kind === 'number' ? time.format.startsWith('epoch-') : number?.kind === 'text' && fromText !== true
    if (!fits) throw new Error(`${where} has time metadata with format "${time.format}" but is sent as ${shape.kind}`)
    const said = Object.keys(number ?? {}).filter((key) => !['kind', 'whole', 'fromText'].includes(key))
    if (said.length > 0)
      throw new Error(`${where} is a time with ${said.join(', ')}: say it with \`earliest\` or \`rejects\``)
    return { kind: 'time', format: time, fromText: fromText === true }
  }
  if (number?.kind === 'decimal' && decimal === undefined) return { ...number, fromText: fromText === true }
  if (number?.kind !== 'number') throw new Error(`${where} has metadata of a number but is sent as ${shape.kind}`)
  if (decimal === undefined) return { ...number, fromText: fromText === true }
  if (number.multipleOf !== undefined) throw new Error(`${where}: a decimal has no multipleOf`)
  const { kind: _, whole: __, multipleOf: ___, ...bounds } = number
  return { ...bounds, kind: 'decimal', scale: decimal, fromText: fromText === true }
}

/** zod keeps the check of a format such as z.int() or z.email() on the schema itself, and the others in a list. */
function checksOf(schema: $ZodTypes): readonly CheckDef[] {
  const def = schema._zod.def as { check?: string; checks?: readonly $ZodCheck[] }
  const listed = (def.checks ?? []).map((check) => check._zod.def as CheckDef)
  const checks = def.check === undefined ? listed : [def as CheckDef, ...listed]
  return checks.filter((check) => !(check.check === 'custom' && check.fn !== undefined && ownChecks.has(check.fn)))
}

interface CheckDef {
  readonly check: string
  readonly fn?: object
  readonly format?: string
  readonly pattern?: RegExp
  readonly value?: unknown
  readonly inclusive?: boolean
  readonly minimum?: number
  readonly maximum?: number
  readonly length?: number
}

function refuseCheck(check: CheckDef, where: string): never {
  if (check.check === 'custom') {
    throw new Error(`${where} has a refine: say it as a rule in \`rejects\`, so that both layers can evaluate it`)
  }
  if (check.check === 'overwrite') {
    throw new Error(`${where} changes its value (trim, toLowerCase, …): the schema describes the JSON as sent`)
  }
  throw new Error(
    `${where} has a check "${check.format ?? check.check}" that the decoder does not know: use a rule in \`rejects\``,
  )
}

function textShape(checks: readonly CheckDef[], where: string): TextShape {
  const { minLength, maxLength } = lengthOf(
    checks.filter((check) => check.check.includes('length')),
    where,
  )
  const patterns: { source: string; flags: string }[] = []
  for (const check of checks) {
    if (check.check.includes('length')) continue
    const known =
      check.check === 'string_format' && PATTERN_FORMATS.has(check.format ?? '') && check.pattern !== undefined
    if (!known || check.pattern === undefined || check.pattern.sticky) refuseCheck(check, where)
    // a global pattern has a memory of its last match, which zod resets and a decoder had better not have
    else patterns.push({ source: check.pattern.source, flags: check.pattern.flags.replace('g', '') })
  }
  return {
    kind: 'text',
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(patterns.length === 0 ? {} : { patterns }),
  }
}

function lengthOf(checks: readonly CheckDef[], where: string): { minLength?: number; maxLength?: number } {
  let minLength: number | undefined
  let maxLength: number | undefined
  for (const check of checks) {
    if (check.check === 'min_length') minLength = Math.max(minLength ?? 0, check.minimum as number)
    else if (check.check === 'max_length') maxLength = Math.min(maxLength ?? Infinity, check.maximum as number)
    else if (check.check === 'length_equals') minLength = maxLength = check.length
    else refuseCheck(check, where)
  }
  return { ...(minLength === undefined ? {} : { minLength }), ...(maxLength === undefined ? {} : { maxLength }) }
}

function numberShape(checks: readonly CheckDef[], where: string): NumberShape {
  let whole = false
  let multipleOf: number | undefined
  const bounds: { -readonly [K in keyof Bounds]: Bounds[K] } = {}
  const atLeast = (value: number) => {
    bounds.min = Math.max(bounds.min ?? -Infinity, value)
  }
  const atMost = (value: number) => {
    bounds.max = Math.min(bounds.max ?? Infinity, value)
  }
  for (const check of checks) {
    if (check.check === 'number_format') {
      if (check.format === 'safeint') whole = true
      else if (check.format === 'int32' || check.format === 'uint32') {
        whole = true
        atLeast(check.format === 'int32' ? -(2 ** 31) : 0)
        atMost(check.format === 'int32' ? 2 ** 31 - 1 : 2 ** 32 - 1)
      } else if (check.format !== 'float64') refuseCheck(check, where)
    } else if (check.check === 'greater_than' && typeof check.value === 'number') {
      if (check.inclusive) atLeast(check.value)
      else bounds.above = Math.max(bounds.above ?? -Infinity, check.value)
    } else if (check.check === 'less_than' && typeof check.value === 'number') {
      if (check.inclusive) atMost(check.value)
      else bounds.below = Math.min(bounds.below ?? Infinity, check.value)
    } else if (check.check === 'multiple_of' && Number.isSafeInteger(check.value) && multipleOf === undefined) {
      multipleOf = check.value as number
    } else refuseCheck(check, where)
  }
  if (multipleOf !== undefined && !whole) throw new Error(`${where}: multipleOf needs a whole number, z.int()`)
  return { kind: 'number', whole, fromText: false, ...bounds, ...(multipleOf === undefined ? {} : { multipleOf }) }
}
