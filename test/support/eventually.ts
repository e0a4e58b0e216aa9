import { setTimeout as pause } from 'node:timers/promises'

/** Asks until the answer satisfies; throws with the last answer after `withinMs`. The bound is a guard, not a wait. */
export async function eventually<T>(
  ask: () => Promise<T>,
  satisfies: (answer: T) => boolean,
  withinMs = 60_000,
): Promise<T> {
  const end = performance.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (satisfies(answer)) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (performance.now() > end)
      throw new Error(`not within ${withinMs} ms; last: ${last instanceof Error ? last.stack : JSON.stringify(last)}`)
    await pause(100)
  }
}
