import type { Answer } from './lane-messages.js'

/** Calls over a channel of messages: each waits for the answer with its number. */
export class Calls {
  #nextId = 1
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()

  /** @param send posts the call under the number that it is given. */
  call<T>(send: (id: number) => void): Promise<T> {
    const id = this.#nextId++
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      send(id)
    })
  }

  settle({ id, value, error }: Answer<unknown>): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value as never)
    else waiting?.reject(new Error(error))
  }

  /** The other side is gone. */
  fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

/** Does a call's work and posts its answer. */
export async function answer<T>(id: number, work: () => Promise<T>, post: (answer: Answer<T>) => void): Promise<void> {
  try {
    post({ kind: 'answer', id, value: await work() })
  } catch (error) {
    post({ kind: 'answer', id, error: error instanceof Error ? error.message : String(error) })
  }
}
