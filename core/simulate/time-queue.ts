/** Items that come out in the order of their times, and of one time in the order they went in. */
export interface TimeQueue<T> {
  add(atMs: number, item: T): void
  /** Time of the earliest item; Infinity where there is none. */
  readonly nextMs: number
  /** Removes the earliest item. @throws where there is none. */
  take(): { readonly atMs: number; readonly item: T }
  readonly size: number
}

interface Entry<T> {
  readonly atMs: number
  readonly order: number
  readonly item: T
}

/** A binary heap: what simulators keep their planned records in. */
export function timeQueue<T>(): TimeQueue<T> {
  const heap: Entry<T>[] = []
  let order = 0
  const before = (a: Entry<T>, b: Entry<T>) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  const at = (index: number) => heap[index] as Entry<T>
  const swap = (a: number, b: number) => {
    const held = at(a)
    heap[a] = at(b)
    heap[b] = held
  }
  return {
    add(atMs, item) {
      heap.push({ atMs, order: order++, item })
      let child = heap.length - 1
      while (child > 0) {
        const parent = (child - 1) >> 1
        if (!before(at(child), at(parent))) break
        swap(child, parent)
        child = parent
      }
    },
    get nextMs() {
      return heap[0]?.atMs ?? Number.POSITIVE_INFINITY
    },
    take() {
      const first = heap[0]
      if (first === undefined) throw new Error('the queue is empty')
      const last = heap.pop() as Entry<T>
      if (heap.length > 0) heap[0] = last
      for (let parent = 0; ; ) {
        let least = parent
        for (const child of [2 * parent + 1, 2 * parent + 2]) {
          if (child < heap.length && before(at(child), at(least))) least = child
        }
        if (least === parent) break
        swap(parent, least)
        parent = least
      }
      return first
    },
    get size() {
      return heap.length
    },
  }
}
