import type { SourceErrorKind } from '../../core/define/source-definition.js'

/** What went wrong with a source, in words. */
export interface SourceProblem {
  /** `failed` is anything that a source did not foresee. */
  readonly kind: SourceErrorKind | 'failed'
  readonly message: string
  /** The piece of the page that it is about. */
  readonly example: string | null
}

/** How a source's run ended. */
export interface SourceReport {
  readonly name: string
  /** Pages in the run's landing. */
  readonly landed: number
  /** Items that the pages told, after cleaning. */
  readonly read: number
  /** Items that are new or changed: sent to the stream, or put into the collection's new generation. */
  readonly loaded: number
  /** Items as they were at the last run. */
  readonly unchanged: number
  /** Documents that the collection's schema refused. */
  readonly rejected: number
  /** Hex sha256 over the items in their order: equal pages, equal checksum. Empty where they were not read. */
  readonly checksum: string
  readonly errors: readonly SourceProblem[]
  /**
   * `ok`: everything is in. `partial`: what could be had is in a stream, the rest comes with a later run; a collection
   * keeps its last generation. `failed`: the last good data stay as they are.
   */
  readonly status: 'ok' | 'partial' | 'failed'
  /** UTC ms; where the provider gives no more today: a run from then on goes on where this one ended. */
  readonly resumesAt?: number
}
