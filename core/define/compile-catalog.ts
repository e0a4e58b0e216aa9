import { ledgerView } from '../compile/ledger-view.js'
import type { CollectionDefinition } from './collection-definition.js'
import type { Mapping, Pipeline, Simulator } from './pipeline.js'
import type { SourceDefinition } from './source-definition.js'
import type { StreamDefinition } from './stream-definition.js'
import type { ViewDefinition } from './view-definition.js'

/** Everything that the loaded pipelines define, by name. */
export interface Catalog {
  readonly pipelines: readonly Pipeline[]
  readonly streams: ReadonlyMap<string, StreamDefinition>
  readonly views: ReadonlyMap<string, ViewDefinition>
  readonly collections: ReadonlyMap<string, CollectionDefinition>
  readonly sources: ReadonlyMap<string, SourceDefinition>
  readonly simulators: ReadonlyMap<string, Simulator>
  readonly mappings: ReadonlyMap<string, Mapping>
  /** The stream of that name. @throws naming those there are. */
  stream(name: string): StreamDefinition
  /** Views that the stream feeds, in the order of definition, without its ledger. */
  viewsOf(streamName: string): readonly ViewDefinition[]
  /** As `viewsOf`, then the stream's ledger: the views of its fold, in this order. */
  streamViews(streamName: string, epochMs: number): readonly ViewDefinition[]
  /** The pipeline that defines a stream, view, collection or source. */
  pipelineOf(name: string): Pipeline | undefined
}

/** @throws where two pipelines use one name for two things of a kind, or for two topics. */
export function compileCatalog(pipelines: readonly Pipeline[]): Catalog {
  const streams = byName('stream', pipelines, (pipeline) => pipeline.streams)
  const views = byName('view', pipelines, (pipeline) => pipeline.views)
  const collections = byName('collection', pipelines, (pipeline) => pipeline.collections)
  const sources = byName('source', pipelines, (pipeline) => pipeline.sources)
  const simulators = byName('simulator', pipelines, (pipeline) => pipeline.simulators)
  const mappings = byName('mapping', pipelines, (pipeline) => pipeline.mappings)
  const topics = new Map<string, string>()
  for (const { name, topic, dlqTopic } of streams.values()) {
    for (const used of [topic, dlqTopic]) {
      const other = topics.get(used)
      if (other !== undefined) throw new Error(`streams "${other}" and "${name}" both use the topic "${used}"`)
      topics.set(used, name)
    }
  }
  const stream = (name: string): StreamDefinition => {
    const found = streams.get(name)
    if (found === undefined)
      throw new Error(`there is no stream "${name}"; there are ${[...streams.keys()].join(', ') || 'none'}`)
    return found
  }
  const viewsOf = (name: string) =>
    [...views.values()].filter((view) => view.parts.some((part) => part.stream.name === name))
  return Object.freeze({
    pipelines,
    streams,
    views,
    collections,
    sources,
    simulators,
    mappings,
    stream,
    viewsOf,
    streamViews: (name: string, epochMs: number) => [...viewsOf(name), ledgerView(stream(name), epochMs)],
    pipelineOf: (name: string) =>
      pipelines.find((pipeline) =>
        [...pipeline.streams, ...pipeline.views, ...pipeline.collections, ...pipeline.sources].some(
          (defined) => defined.name === name,
        ),
      ),
  })
}

function byName<T extends { readonly name: string }>(
  kind: string,
  pipelines: readonly Pipeline[],
  listOf: (pipeline: Pipeline) => readonly T[],
): ReadonlyMap<string, T> {
  const found = new Map<string, T>()
  const owner = new Map<string, string>()
  for (const pipeline of pipelines) {
    for (const item of listOf(pipeline)) {
      const other = owner.get(item.name)
      if (other !== undefined)
        throw new Error(`pipelines "${other}" and "${pipeline.name}" both define the ${kind} "${item.name}"`)
      owner.set(item.name, pipeline.name)
      found.set(item.name, item)
    }
  }
  return found
}
