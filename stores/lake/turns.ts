/** Runs tasks one at a time, in the order of the calls. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(task)
    // The next in line starts whatever becomes of this one; its failure is its caller's.
    this.#last = mine.catch(() => undefined)
    return mine
  }
}
