import type { StreamDefinition } from '../core/define/stream-definition.js'
import type { ViewDefinition } from '../core/define/view-definition.js'
import { nameOfViewSet, type ViewSet } from '../core/define/view-set.js'
import type { Keyspace } from '../stores/hot/index.js'

/** Everything that a lane needs to know of a stream; plain data, as threads are handed it. */
export interface StreamPlan extends ViewSet {
  readonly keyspace: Keyspace
}

export function planStream(stream: StreamDefinition, views: readonly ViewDefinition[], epochMs: number): StreamPlan {
  return planOfSet({ stream, views, epochMs })
}

export function planOfSet(set: ViewSet): StreamPlan {
  return { ...set, keyspace: { stream: set.stream.name, viewSet: nameOfViewSet(set) } }
}

/** One group per view set: a changed set of views is another reader of the topic, with its own positions. */
export function groupOf({ keyspace }: StreamPlan): string {
  return `tandem-speed-${keyspace.stream}-${keyspace.viewSet}`
}
