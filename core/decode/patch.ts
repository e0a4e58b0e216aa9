import { type JsonPath, PatchError, readPath } from './json-path.js'
import { type PatchValue, parseValue } from './patch-value.js'

/** One change of a JSON record. */
export type Patch =
  | { readonly kind: 'set'; readonly path: JsonPath; readonly value: PatchValue }
  | { readonly kind: 'unset'; readonly path: JsonPath }

/**
 * Reads `path=value`. The path is the record's: `user.age`, `items[0].price`, `"a key.with dots".b`, or `$` for the whole
 * record. The value is JSON, or text as it stands, or taken from the record: `$.other.path`, `number($.price)`.
 *
 * @throws PatchError naming what is not understood
 */
export function parsePatch(text: string): Patch {
  const { path, rest } = readPath(text)
  if (!rest.startsWith('=')) {
    throw new PatchError(`"${text}": expected a path, "=" and a value, as in user.age=42`)
  }
  return { kind: 'set', path, value: parseValue(rest.slice(1).trim()) }
}

/** Reads the path of something to be taken out. @throws PatchError */
export function parseUnset(text: string): Patch {
  const { path, rest } = readPath(text)
  if (rest !== '' || path.length === 0) throw new PatchError(`"${text}" is not the path of a field`)
  return { kind: 'unset', path }
}

/**
 * The record with all patches applied, in order; the given one stays as it is. Objects that are missing on the way are
 * made; arrays are never made longer.
 *
 * @param record parsed JSON; undefined where the record is no JSON: then only `$=…` can be applied
 * @throws PatchError
 */
export function applyPatches(record: unknown, patches: readonly Patch[]): unknown {
  let current: unknown = record === undefined ? undefined : structuredClone(record)
  for (const patch of patches) {
    const value = patch.kind === 'set' ? patch.value(current) : undefined
    if (patch.path.length === 0) {
      current = value
      continue
    }
    if (current === undefined) throw new PatchError('the record is no JSON: only the whole of it can be set ($=…)')
    const parent = parentOf(current, patch)
    const last = patch.path.at(-1) as string | number
    if (parent === null) continue
    if (patch.kind === 'unset') remove(parent, last)
    else put(parent, last, value, patch.path)
  }
  return current
}

type Container = Record<string | number, unknown>

/** What holds the last step of the path; null where there is nothing to take out. */
function parentOf(record: unknown, { path, kind }: Patch): Container | null {
  let at = record
  for (const [i, step] of path.slice(0, -1).entries()) {
    const container = containerOf(at, path.slice(0, i))
    if (!Object.hasOwn(container, step) || container[step] === null) {
      if (kind === 'unset') return null
      put(container, step, {}, path)
    }
    at = container[step]
  }
  return containerOf(at, path.slice(0, -1))
}

function containerOf(value: unknown, path: JsonPath): Container {
  if (typeof value === 'object' && value !== null) return value as Container
  throw new PatchError(`${path.length === 0 ? 'the record' : `"${path.join('.')}"`} is no object and has no fields`)
}

function put(container: Container, step: string | number, value: unknown, path: JsonPath): void {
  if (Array.isArray(container) && !(typeof step === 'number' && step < container.length)) {
    throw new PatchError(`"${path.join('.')}": the list has ${container.length} entries, numbered from 0`)
  }
  container[step] = value
}

function remove(container: Container, step: string | number): void {
  if (Array.isArray(container)) {
    if (typeof step === 'number') container.splice(step, 1)
  } else delete container[step]
}
