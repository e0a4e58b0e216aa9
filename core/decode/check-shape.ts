import type { Shape, TextShape, TimeShape } from '../define/shape.js'
import { codePoints } from '../expression/runtime.js'
import { compileInstant } from '../time/instant-of.js'
import { NOT_A_NUMBER, OUT_OF_RANGE, realOfText, scaledOfNumber, scaledOfText, TOO_MANY_DECIMALS } from './decimal.js'
import { describeShape } from './describe-shape.js'
import { REASONS } from './reasons.js'

/** What is wrong with a value, and where inside it. */
export interface Problem {
  readonly reason: string
  /** Keys from the checked value to the offending one; list items as numbers. */
  readonly path: readonly (string | number)[]
  readonly value: unknown
  readonly expected: string
}

/** Checks a value against its shape; null where it fits. */
export type ShapeCheck = (value: unknown) => Problem | null

/**
 * Compiles the check of a shape into closures. Used where no column is made of the parts: inside lists and maps, and to
 * find the member of a union again; the generated decoder does the rest.
 */
export function compileShapeCheck(shape: Shape): ShapeCheck {
  const expected = describeShape(shape)
  const problem = (reason: string, value: unknown): Problem => ({ reason, path: [], value, expected })
  const wrong = (value: unknown): Problem =>
    problem(value === null || value === undefined ? REASONS.missing : REASONS.type, value)
  switch (shape.kind) {
    case 'any':
      return () => null
    case 'null':
      return (value) => (value === null ? null : wrong(value))
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? null : wrong(value))
    case 'literal': {
      const values = new Set<unknown>(shape.values)
      const types = new Set(shape.values.map((v) => typeof v))
      return (value) => {
        if (values.has(value)) return null
        return types.has(typeof value as 'string') ? problem(REASONS.value, value) : wrong(value)
      }
    }
    case 'text': {
      const fits = compileTextCheck(shape)
      return (value) => (typeof value !== 'string' ? wrong(value) : fits(value) ? null : problem(REASONS.value, value))
    }
    case 'number':
    case 'decimal': {
      const read = compileNumberReader(shape)
      return (value) => {
        const reason = read(value).reason
        return reason === null ? null : value === null || value === undefined ? wrong(value) : problem(reason, value)
      }
    }
    case 'time': {
      const read = compileInstant(shape.format)
      const types = sentAs(shape)
      return (value) => {
        if (!types.has(typeof value)) return wrong(value)
        return read(value as string | number) === null ? problem(REASONS.time, value) : null
      }
    }
    case 'optional': {
      const inner = compileShapeCheck(shape.of)
      return (value) => (value === undefined ? null : inner(value))
    }
    case 'nullable': {
      const inner = compileShapeCheck(shape.of)
      return (value) => (value === null ? null : inner(value))
    }
    case 'null-when': {
      const inner = compileShapeCheck(shape.of)
      const values = new Set<unknown>(shape.values)
      return (value) => (values.has(value) ? null : inner(value))
    }
    case 'union': {
      const members = shape.of.map(compileShapeCheck)
      return (value) =>
        members.some((fits) => fits(value) === null)
          ? null
          : value === null || value === undefined
            ? wrong(value)
            : problem(REASONS.value, value)
    }
    case 'object': {
      const fields = shape.fields.map((field) => ({ key: field.key, check: compileShapeCheck(field.shape) }))
      return (value) => {
        if (!isObject(value)) return wrong(value)
        for (const { key, check } of fields) {
          const found = check(value[key])
          if (found !== null) return { ...found, path: [key, ...found.path] }
        }
        return null
      }
    }
    case 'array': {
      const check = compileShapeCheck(shape.of)
      const { minLength = 0, maxLength = Infinity } = shape
      return (value) => {
        if (!Array.isArray(value)) return wrong(value)
        if (value.length < minLength || value.length > maxLength) return problem(REASONS.value, value)
        return firstProblem(value, () => check)
      }
    }
    case 'tuple': {
      const items = shape.items.map(compileShapeCheck)
      const rest = shape.rest === null ? null : compileShapeCheck(shape.rest)
      const least = shape.items.findLastIndex((item) => !acceptsAbsent(item)) + 1
      return (value) => {
        if (!Array.isArray(value)) return wrong(value)
        if (value.length < least || (rest === null && value.length > items.length)) return problem(REASONS.value, value)
        return firstProblem(value, (i) => items[i] ?? (rest as ShapeCheck))
      }
    }
    case 'record': {
      const keys = compileTextCheck(shape.keys)
      const check = compileShapeCheck(shape.of)
      return (value) => {
        if (!isObject(value)) return wrong(value)
        for (const [key, item] of Object.entries(value)) {
          if (!keys(key))
            return {
              reason: REASONS.value,
              path: [key],
              value: key,
              expected: `a key that is ${describeShape(shape.keys)}`,
            }
          const found = check(item)
          if (found !== null) return { ...found, path: [key, ...found.path] }
        }
        return null
      }
    }
  }
}

function firstProblem(list: readonly unknown[], checkOf: (index: number) => ShapeCheck): Problem | null {
  for (const [i, item] of list.entries()) {
    const found = checkOf(i)(item)
    if (found !== null) return { ...found, path: [i, ...found.path] }
  }
  return null
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** True where the value may be absent. */
export function acceptsAbsent(shape: Shape): boolean {
  if (shape.kind === 'optional') return true
  if (shape.kind === 'nullable' || shape.kind === 'null-when') return acceptsAbsent(shape.of)
  return shape.kind === 'union' && shape.of.some(acceptsAbsent)
}

/** True where the value may be null as sent. */
export function acceptsNull(shape: Shape): boolean {
  if (shape.kind === 'nullable' || shape.kind === 'null' || shape.kind === 'any') return true
  if (shape.kind === 'optional' || shape.kind === 'null-when') return acceptsNull(shape.of)
  return shape.kind === 'union' && shape.of.some(acceptsNull)
}

/** The JavaScript types that an instant may be sent as. */
export function sentAs(shape: TimeShape): ReadonlySet<string> {
  if (!shape.format.format.startsWith('epoch-')) return new Set(['string'])
  return new Set(shape.fromText ? ['number', 'string'] : ['number'])
}

/** Length and patterns of a text, as sent. */
export function compileTextCheck(shape: TextShape): (text: string) => boolean {
  const { minLength = 0, maxLength = Infinity } = shape
  const patterns = (shape.patterns ?? []).map((p) => new RegExp(p.source, p.flags))
  const bounded = minLength > 0 || maxLength < Infinity
  return (text) => {
    if (bounded) {
      const length = codePoints(text)
      if (length < minLength || length > maxLength) return false
    }
    return patterns.every((pattern) => pattern.test(text))
  }
}

/** A number as read: the column's value, or why there is none. */
interface NumberRead {
  readonly value: number
  readonly reason: string | null
}

/** Reads a number or decimal from a JSON value, text included where the shape says so, bounds checked. */
export function compileNumberReader(
  shape: Extract<Shape, { kind: 'number' | 'decimal' }>,
): (value: unknown) => NumberRead {
  const { fromText } = shape
  const whole = shape.kind === 'number' && shape.whole
  const scale = shape.kind === 'decimal' ? shape.scale : 0
  const power = 10 ** scale
  const real = shape.kind === 'number' && !shape.whole
  const multipleOf = shape.kind === 'number' ? shape.multipleOf : undefined
  const { min = -Infinity, max = Infinity, above = -Infinity, below = Infinity } = shape
  const refuse = (reason: string): NumberRead => ({ value: NOT_A_NUMBER, reason })
  const notANumber = refuse(REASONS.type)
  const outOfRange = refuse(REASONS.range)
  const tooFine = refuse(whole ? REASONS.type : REASONS.decimals)
  const notMultiple = refuse(REASONS.value)
  return (value) => {
    let read: number
    if (typeof value === 'number')
      read = real ? (Number.isFinite(value) ? value + 0 : OUT_OF_RANGE) : scaledOfNumber(value, scale)
    else if (fromText && typeof value === 'string') read = real ? realOfText(value) : scaledOfText(value, scale)
    else return notANumber
    if (!Number.isFinite(read)) {
      return read === OUT_OF_RANGE ? outOfRange : read === TOO_MANY_DECIMALS ? tooFine : notANumber
    }
    const sent = read / power
    if (!(sent >= min && sent <= max && sent > above && sent < below)) return outOfRange
    if (multipleOf !== undefined && read % multipleOf !== 0) return notMultiple
    return { value: read, reason: null }
  }
}
