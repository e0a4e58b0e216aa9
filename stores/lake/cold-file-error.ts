/**
 * Thrown where a cold copy cannot be used. Likely causes:
 * - the file was removed or changed by something else than Tandem
 * - this process has another lake folder than the worker that wrote it
 */
export class ColdFileError extends Error {
  override readonly name = 'ColdFileError'
  constructor(
    /** Relative to the lake's root. */
    readonly file: string,
    detail: string,
    options?: { readonly cause?: unknown },
  ) {
    super(`cold file "${file}" ${detail}`, options)
  }
}
