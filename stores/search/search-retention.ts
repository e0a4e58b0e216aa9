/** Documents of one segment in one index. */
export interface SegmentDocuments {
  readonly index: string
  readonly segment: string
}

/** What may be removed from Elasticsearch, and its removal. Every removal may be repeated. */
export interface SearchRetention {
  /**
   * Segments that have documents in the indices of these views, of whatever definition, those of attempts that came to
   * nothing among them. Other indices are somebody else's.
   */
  stored(views: readonly string[]): AsyncIterable<SegmentDocuments>
  /** Removes the segments' documents; an index that is empty then and behind no alias goes as well. */
  remove(index: string, segments: readonly string[]): Promise<void>
  close(): Promise<void>
}
