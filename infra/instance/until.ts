import { setTimeout as delay } from 'node:timers/promises'

/** Asks until the answer is true; false when it was not within the time. Errors of the question pass through. */
export async function until(
  question: () => Promise<boolean>,
  { withinMs, everyMs }: { withinMs: number; everyMs: number },
): Promise<boolean> {
  const end = performance.now() + withinMs
  for (;;) {
    if (await question()) return true
    if (performance.now() > end) return false
    await delay(everyMs)
  }
}
