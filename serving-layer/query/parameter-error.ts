/** Thrown where a request's parameter cannot be used; becomes a 400 that names it, its value and what was expected. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError'
  constructor(
    readonly parameter: string,
    readonly value: string,
    /** Completes the sentence "expected …". */
    readonly expected: string,
  ) {
    super(`parameter "${parameter}" is ${JSON.stringify(value)}: expected ${expected}`)
  }
}
