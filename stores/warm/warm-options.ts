export interface WarmOptions {
  /**
   * Longest time an operation looks for a server before it fails with `WarmUnavailableError`, ms. Short, because
   * serving goes on without MongoDB and must know soon. @default 3,000
   */
  readonly selectionTimeoutMs?: number
  /** Longest silence of a connection during an operation, ms. @default 30,000 */
  readonly socketTimeoutMs?: number
  /** Attempts to connect when opened. Minimum 1. @default 5 */
  readonly maxAttempts?: number
  /** Pause after the first failed attempt, doubled after each further one up to `maxDelayMs`, ms. @default 200 */
  readonly minDelayMs?: number
  /** @default 2,000 */
  readonly maxDelayMs?: number
}

export type CompiledWarmOptions = Readonly<Required<WarmOptions>>

/** @throws RangeError naming the option that is out of bounds */
export function compileWarmOptions(given: WarmOptions = {}): CompiledWarmOptions {
  const {
    selectionTimeoutMs = 3_000,
    socketTimeoutMs = 30_000,
    maxAttempts = 5,
    minDelayMs = 200,
    maxDelayMs = 2_000,
  } = given
  for (const [name, value] of Object.entries({
    selectionTimeoutMs,
    socketTimeoutMs,
    maxAttempts,
    minDelayMs,
    maxDelayMs,
  })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) {
      throw new RangeError(`WarmOptions.${name} must be a whole number of at least 1, got ${value}`)
    }
  }
  return Object.freeze({ selectionTimeoutMs, socketTimeoutMs, maxAttempts, minDelayMs, maxDelayMs })
}
