/** Results kept while what they were made of stays as it is; the least recently used goes first. */
export class Memo<T> {
  readonly #kept = new Map<string, { readonly version: string; readonly value: T }>()

  /** @param limit results kept */
  constructor(readonly limit: number) {}

  /** The value kept under `key` for this very version, or a new one. */
  get(key: string, version: string, make: () => T): T {
    const held = this.#kept.get(key)
    const value = held?.version === version ? held.value : make()
    this.#kept.delete(key)
    this.#kept.set(key, { version, value })
    if (this.#kept.size > this.limit) this.#kept.delete(this.#kept.keys().next().value as string)
    return value
  }
}
