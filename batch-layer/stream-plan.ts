import type { Catalog } from '../core/define/compile-catalog.js'
import { nameOfViewSet, type ViewSet } from '../core/define/view-set.js'
import type { Keyspace } from '../stores/hot/hot-port.js'

/** A stream as the batch layer works on it: its definition, its epoch length and every view that it feeds. */
export interface StreamPlan extends ViewSet {
  /** Where the speed layer keeps the same views. */
  readonly keyspace: Keyspace
}

/** @throws Error when the catalog has no such stream */
export function planStream(catalog: Catalog, name: string, epochMs: number): StreamPlan {
  const stream = catalog.streams.get(name)
  if (stream === undefined) {
    throw new Error(`stream "${name}" is not defined; defined are ${[...catalog.streams.keys()].sort().join(', ')}`)
  }
  return planOfSet({ stream, epochMs, views: catalog.streamViews(name, epochMs) })
}

export function planOfSet(set: ViewSet): StreamPlan {
  return Object.freeze({ ...set, keyspace: { stream: set.stream.name, viewSet: nameOfViewSet(set) } })
}
