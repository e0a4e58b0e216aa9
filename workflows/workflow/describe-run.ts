import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'

/** What a run is about, as the Temporal UI shows and finds it. */
export interface RunSubject {
  readonly pipeline: string
  readonly stream: string
  readonly reason: string
  /** Start of the epoch, `yyyyMMddTHHmmssZ`; absent until it is known. */
  readonly epoch?: string
}

/** Custom search attributes, all of type Keyword. */
export const SEARCH_ATTRIBUTES = Object.freeze({
  pipeline: defineSearchAttributeKey('TandemPipeline', 'KEYWORD'),
  stream: defineSearchAttributeKey('TandemStream', 'KEYWORD'),
  epoch: defineSearchAttributeKey('TandemEpoch', 'KEYWORD'),
  reason: defineSearchAttributeKey('TandemReason', 'KEYWORD'),
})

export function searchAttributesOf(subject: RunSubject): SearchAttributePair[] {
  const pairs: SearchAttributePair[] = [
    { key: SEARCH_ATTRIBUTES.pipeline, value: subject.pipeline },
    { key: SEARCH_ATTRIBUTES.stream, value: subject.stream },
    { key: SEARCH_ATTRIBUTES.reason, value: subject.reason },
  ]
  if (subject.epoch !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.epoch, value: subject.epoch })
  return pairs
}

export function memoOf(subject: RunSubject): Record<string, unknown> {
  const { pipeline, stream, reason, epoch } = subject
  return epoch === undefined ? { pipeline, stream, reason } : { pipeline, stream, reason, epoch }
}
