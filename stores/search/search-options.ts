export interface SearchOptions {
  /** Longest wait for one request, ms. @default 30,000 */
  readonly requestTimeoutMs?: number
  /** Attempts of one request, or of the refused documents of one, before `SearchUnavailableError`. Minimum 1. @default 6 */
  readonly maxAttempts?: number
  /** Pause after the first failed attempt, doubled after each further one up to `maxDelayMs`, ms. @default 250 */
  readonly minDelayMs?: number
  /** @default 4,000 */
  readonly maxDelayMs?: number
  /** Documents of one request at most. @default 2,000 */
  readonly bulkDocuments?: number
  /** Bytes of one request at most, unless one document alone has more. @default 4,000,000 */
  readonly bulkBytes?: number
}

export type CompiledSearchOptions = Readonly<Required<SearchOptions>>

/** @throws RangeError naming the option that is out of bounds */
export function compileSearchOptions(given: SearchOptions = {}): CompiledSearchOptions {
  const {
    requestTimeoutMs = 30_000,
    maxAttempts = 6,
    minDelayMs = 250,
    maxDelayMs = 4_000,
    bulkDocuments = 2_000,
    bulkBytes = 4_000_000,
  } = given
  const options = { requestTimeoutMs, maxAttempts, minDelayMs, maxDelayMs, bulkDocuments, bulkBytes }
  for (const [name, value] of Object.entries(options)) {
    if (!(Number.isSafeInteger(value) && value >= 1)) {
      throw new RangeError(`SearchOptions.${name} must be a whole number of at least 1, got ${value}`)
    }
  }
  return Object.freeze(options)
}
