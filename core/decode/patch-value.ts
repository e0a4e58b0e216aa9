import { PatchError, readPath, valueAt } from './json-path.js'

/** Computes a patch's value from the record as it is before the patch. @throws PatchError where it cannot */
export type PatchValue = (record: unknown) => unknown

type Fn = (given: readonly unknown[]) => unknown

/** All that a patch can do; each takes the values before it literally and does nothing else. */
const FUNCTIONS: Readonly<
  Record<string, { readonly arity: readonly [least: number, most: number]; readonly run: Fn }>
> = {
  /** Text of a number or a boolean. */
  text: { arity: [1, 1], run: ([x]) => (x === null ? null : textOf(x)) },
  /** Number that a text is, blanks around it allowed. */
  number: { arity: [1, 1], run: ([x]) => (x === null ? null : numberOf(x)) },
  trim: { arity: [1, 1], run: ([x]) => (x === null ? null : textOf(x).trim()) },
  lower: { arity: [1, 1], run: ([x]) => (x === null ? null : textOf(x).toLowerCase()) },
  upper: { arity: [1, 1], run: ([x]) => (x === null ? null : textOf(x).toUpperCase()) },
  /** Every occurrence of a text by another. */
  replace: {
    arity: [3, 3],
    run: ([x, from, to]) => (x === null ? null : textOf(x).replaceAll(textOf(from), () => textOf(to))),
  },
  concat: { arity: [1, 16], run: (all) => all.map((x) => (x === null ? '' : textOf(x))).join('') },
  /** The first that is not null. */
  first: { arity: [1, 16], run: (all) => all.find((x) => x !== null) ?? null },
  add: { arity: [2, 2], run: ([a, b]) => (a === null || b === null ? null : numberOf(a) + numberOf(b)) },
  multiply: { arity: [2, 2], run: ([a, b]) => (a === null || b === null ? null : numberOf(a) * numberOf(b)) },
  /** To a number of decimals, 0 to 9. */
  round: { arity: [2, 2], run: ([x, decimals]) => (x === null ? null : rounded(numberOf(x), numberOf(decimals))) },
}

/**
 * Reads the value of a patch: JSON (`42`, `true`, `null`, `"text"`, `{…}`, `[…]`), something of the record (`$.path`), a
 * function of such values (`number(trim($.price))`), or else the text as it stands.
 *
 * @throws PatchError naming what is not understood
 */
export function parseValue(text: string): PatchValue {
  if (text.startsWith('$') || /^[a-z]+\(/.test(text)) {
    const { value, rest } = readValue(text)
    if (rest !== '') throw new PatchError(`"${text}": "${rest}" is too much`)
    return value
  }
  if (/^["{[]/.test(text) || isLiteral(text)) {
    const literal = parseJson(text)
    return () => structuredClone(literal)
  }
  return () => text
}

function isLiteral(text: string): boolean {
  return /^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(text)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    throw new PatchError(`"${text}" is not JSON; a text that looks like it is written as JSON: "\\"…\\""`)
  }
}

function readValue(text: string): { readonly value: PatchValue; readonly rest: string } {
  const trimmed = text.trimStart()
  if (trimmed.startsWith('$')) {
    const { path, rest } = readPath(trimmed)
    return { value: (record) => valueAt(record, path), rest }
  }
  const literal = /^("(?:[^"\\]|\\.)*"|true\b|false\b|null\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(trimmed)
  if (literal) {
    const value = parseJson(literal[0])
    return { value: () => value, rest: trimmed.slice(literal[0].length).trimStart() }
  }
  return readCall(trimmed)
}

function readCall(text: string): { readonly value: PatchValue; readonly rest: string } {
  const name = /^([a-z]+)\(/.exec(text)?.[1]
  const called = name !== undefined && Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (name === undefined || called === undefined) {
    throw new PatchError(`"${text}" is no value; functions are ${Object.keys(FUNCTIONS).join(', ')}`)
  }
  const given: PatchValue[] = []
  let rest = text.slice(name.length + 1).trimStart()
  while (!rest.startsWith(')')) {
    const read = readValue(rest)
    given.push(read.value)
    rest = read.rest
    if (rest.startsWith(',')) rest = rest.slice(1).trimStart()
    else if (!rest.startsWith(')')) throw new PatchError(`"${text}": expected "," or ")" before "${rest}"`)
  }
  const [least, most] = called.arity
  if (given.length < least || given.length > most) {
    throw new PatchError(
      `${name}() takes ${least === most ? least : `${least} to ${most}`} values, not ${given.length}`,
    )
  }
  return {
    value: (record) => called.run(given.map((value) => value(record) ?? null)),
    rest: rest.slice(1).trimStart(),
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new PatchError(`${JSON.stringify(value)} is no text, number or boolean`)
}

function numberOf(value: unknown): number {
  const number =
    typeof value === 'number'
      ? value
      : typeof value === 'string' && isLiteral(value.trim())
        ? Number(value)
        : Number.NaN
  if (!Number.isFinite(number)) throw new PatchError(`${JSON.stringify(value)} is no number`)
  return number
}

function rounded(value: number, decimals: number): number {
  if (!(Number.isInteger(decimals) && decimals >= 0 && decimals <= 9))
    throw new PatchError(`round() to ${decimals} decimals`)
  return Number(`${Math.round(Number(`${Math.abs(value)}e${decimals}`))}e-${decimals}`) * Math.sign(value)
}
