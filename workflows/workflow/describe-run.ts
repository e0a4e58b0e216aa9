import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'

/** What a run is about, as the Temporal UI shows and finds it. */
export interface RunSubject {
  readonly pipeline: string
  /** Absent where a run is about several. */
  readonly stream?: string
  readonly reason: string
  /** Start of the epoch, `yyyyMMddTHHmmssZ`; absent until it is known. */
  readonly epoch?: string
  /** Of a refresh: the day on which it was scheduled, `yyyy-MM-dd`. */
  readonly week?: string
}

/** Custom search attributes, all of type Keyword. */
export const SEARCH_ATTRIBUTES = Object.freeze({
  pipeline: defineSearchAttributeKey('TandemPipeline', 'KEYWORD'),
  stream: defineSearchAttributeKey('TandemStream', 'KEYWORD'),
  epoch: defineSearchAttributeKey('TandemEpoch', 'KEYWORD'),
  reason: defineSearchAttributeKey('TandemReason', 'KEYWORD'),
  week: defineSearchAttributeKey('TandemWeek', 'KEYWORD'),
})

export function searchAttributesOf(subject: RunSubject): SearchAttributePair[] {
  return Object.entries(SEARCH_ATTRIBUTES).flatMap(([name, key]) => {
    const value = subject[name as keyof RunSubject]
    return value === undefined ? [] : [{ key, value }]
  })
}

export function memoOf(subject: RunSubject): Record<string, unknown> {
  const { pipeline, stream, reason, epoch, week } = subject
  return {
    pipeline,
    ...(stream === undefined ? {} : { stream }),
    reason,
    ...(epoch === undefined ? {} : { epoch }),
    ...(week === undefined ? {} : { week }),
  }
}
