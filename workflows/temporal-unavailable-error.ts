/** Temporal does not answer. */
export class TemporalUnavailableError extends Error {
  override readonly name = 'TemporalUnavailableError'
  constructor(
    readonly address: string,
    options?: ErrorOptions,
  ) {
    super(`Temporal at ${address} does not answer`, options)
  }
}
