/** Freezes one object or array (not what it refers to) and keeps its type. Definitions and manifests are plain frozen data. */
export function freeze<T>(value: T): Readonly<T> {
  return Object.freeze(value)
}
