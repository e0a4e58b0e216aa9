/** Thrown where a patch cannot be understood, or cannot be applied to a record. */
export class PatchError extends Error {
  override readonly name = 'PatchError'
}

/** Keys of objects and indexes of arrays, from the root. */
export type JsonPath = readonly (string | number)[]

/** The value at a path; null where there is none. */
export function valueAt(record: unknown, path: JsonPath): unknown {
  let at = record
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return null
    at = (at as Record<string | number, unknown>)[step]
  }
  return at ?? null
}

/** A path at the beginning of a text, and what follows it. @throws PatchError */
export function readPath(text: string): { readonly path: JsonPath; readonly rest: string } {
  let rest = text.trim()
  const path: (string | number)[] = []
  let first = true
  if (rest.startsWith('$')) {
    rest = rest.slice(1)
    first = false
  }
  for (;;) {
    const index = /^\[(\d{1,9})\]/.exec(rest)
    const key = first ? STEP.exec(rest) : rest.startsWith('.') ? STEP.exec(rest.slice(1)) : null
    if (index) path.push(Number(index[1]))
    else if (key) path.push(checkKey(key[1] === undefined ? key[0] : String(JSON.parse(key[0]))))
    else break
    rest = rest.slice(index ? index[0].length : (key?.[0].length ?? 0) + (first ? 0 : 1))
    first = false
  }
  if (first) throw new PatchError(`"${text}" does not begin with a path`)
  return { path, rest: rest.trimStart() }
}

/** A bare key, or a JSON string. */
const STEP = /^(?:("(?:[^"\\]|\\.)*")|[\p{L}\p{N}_-]+)/u

function checkKey(key: string): string {
  // the only key by which an assignment does not set a property of its own
  if (key === '__proto__') throw new PatchError('"__proto__" is no field that can be set')
  return key
}
