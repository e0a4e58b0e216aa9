export interface DueRemovals {
  /** May be removed now. */
  readonly due: readonly string[]
  /** To be remembered until the next time: when each was first found to be named by nobody, UTC ms. */
  readonly marks: ReadonlyMap<string, number>
}

/**
 * Of the things that nobody names, those that nobody has named for `graceMs`. A run under way writes its things before
 * it names them, so what is found unnamed for the first time is only marked.
 *
 * @param marks of the last time, UTC ms
 */
export function dueRemovals(
  unnamed: Iterable<string>,
  marks: ReadonlyMap<string, number>,
  nowMs: number,
  graceMs: number,
): DueRemovals {
  const due: string[] = []
  const next = new Map<string, number>()
  for (const name of unnamed) {
    const sinceMs = marks.get(name) ?? nowMs
    if (nowMs - sinceMs >= graceMs) due.push(name)
    else next.set(name, sinceMs)
  }
  return { due, marks: next }
}
