/**
 * Maps `items` with at most `limit` calls under way; results in the order of the items. The first rejection is thrown
 * once the calls under way have settled, so that nothing goes on behind the caller's back.
 */
export async function boundedParallel<T, R>(
  items: readonly T[],
  limit: number,
  map: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length)
  let next = 0
  let failure: { readonly error: unknown } | null = null
  const lane = async (): Promise<void> => {
    while (next < items.length && failure === null) {
      const index = next++
      try {
        results[index] = await map(items[index] as T, index)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
  // read through a function: the compiler does not see that the lanes assign it
  const failed = ((): { readonly error: unknown } | null => failure)()
  if (failed !== null) throw failed.error
  return results
}
