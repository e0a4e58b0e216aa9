import type { StreamDefinition } from '../core/define/stream-definition.js'
import type { ViewDefinition } from '../core/define/view-definition.js'
import { viewSetOf } from '../core/seam/index.js'
import type { Keyspace } from '../stores/hot/index.js'

/** Everything that a lane needs to know of a stream; plain data, as threads are handed it. */
export interface StreamPlan {
  readonly stream: StreamDefinition
  /** All views fed by the stream, its ledger last. */
  readonly views: readonly ViewDefinition[]
  readonly epochMs: number
  readonly keyspace: Keyspace
}

export function planStream(stream: StreamDefinition, views: readonly ViewDefinition[], epochMs: number): StreamPlan {
  return { stream, views, epochMs, keyspace: { stream: stream.name, viewSet: viewSetOf(views) } }
}

/** One group per view set: a changed set of views is another reader of the topic, with its own positions. */
export function groupOf({ keyspace }: StreamPlan): string {
  return `tandem-speed-${keyspace.stream}-${keyspace.viewSet}`
}
