/** Documents of one segment in one index. */
export interface SegmentDocuments {
  readonly index: string
  readonly segment: string
}

/** What may be removed from Elasticsearch, and its removal. Every removal may be repeated. */
export interface SearchRetention {
  /** Segments that have documents in the views' indices, those of attempts that came to nothing among them. */
  stored(): AsyncIterable<SegmentDocuments>
  /** Removes the segments' documents; an index that is empty then and behind no alias goes as well. */
  remove(index: string, segments: readonly string[]): Promise<void>
  close(): Promise<void>
}
