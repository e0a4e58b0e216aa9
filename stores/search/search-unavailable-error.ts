/**
 * Thrown when Elasticsearch (or OpenSearch) cannot be reached or takes no more after the bounded attempts; a seal tries
 * again later, and only search and Kibana suffer meanwhile. Likely causes:
 * - it is down or starting
 * - it is overloaded (429) or its disk is full
 * - the address or the network between is wrong
 */
export class SearchUnavailableError extends Error {
  override readonly name = 'SearchUnavailableError'
  constructor(
    /** Without credentials. */
    readonly address: string,
    cause: unknown,
  ) {
    super(
      `the search engine at ${address} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    )
  }
}
