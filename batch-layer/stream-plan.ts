import type { Catalog } from '../core/define/compile-catalog.js'
import type { StreamDefinition } from '../core/define/stream-definition.js'
import type { ViewDefinition } from '../core/define/view-definition.js'
import { viewSetOf } from '../core/seam/index.js'
import type { Keyspace } from '../stores/hot/hot-port.js'

/** A stream as the batch layer works on it: its definition, its epoch length and every view that it feeds. */
export interface StreamPlan {
  readonly stream: StreamDefinition
  readonly epochMs: number
  /** Views fed by the stream, its ledger last. */
  readonly views: readonly ViewDefinition[]
  /** Where the speed layer keeps the same views. */
  readonly keyspace: Keyspace
}

/** @throws Error when the catalog has no such stream */
export function planStream(catalog: Catalog, name: string, epochMs: number): StreamPlan {
  const stream = catalog.streams.get(name)
  if (stream === undefined) {
    throw new Error(`stream "${name}" is not defined; defined are ${[...catalog.streams.keys()].sort().join(', ')}`)
  }
  const views = catalog.streamViews(name, epochMs)
  return Object.freeze({ stream, epochMs, views, keyspace: { stream: name, viewSet: viewSetOf(views) } })
}
