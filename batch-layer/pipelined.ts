/**
 * Takes items one after the other through two stages, in their order: while one is finished, the next is begun. At most two
 * are under way, and no two in the same stage. The first rejection is thrown once nothing is under way any more.
 */
export async function pipelined<T, M, R>(
  items: Iterable<T>,
  begin: (item: T) => Promise<M>,
  finish: (begun: M) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let finishing: Promise<R> | null = null
  for (const item of items) {
    const [begun, finished]: [PromiseSettledResult<M>, PromiseSettledResult<R | null>] = await Promise.allSettled([
      begin(item),
      finishing,
    ])
    if (finished.status === 'rejected') throw finished.reason
    if (finishing !== null) results.push(finished.value as R)
    if (begun.status === 'rejected') throw begun.reason
    finishing = finish(begun.value)
  }
  if (finishing !== null) results.push(await finishing)
  return results
}
