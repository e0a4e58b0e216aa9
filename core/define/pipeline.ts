import type { CollectionDefinition } from './collection-definition.js'
import { checkName } from './names.js'
import type { SourceDefinition } from './source-definition.js'
import type { StreamDefinition } from './stream-definition.js'
import type { ViewDefinition } from './view-definition.js'

/** One record of a simulator, as it would be sent. */
export interface SimulatedRecord {
  /** Name of the stream. */
  readonly stream: string
  /** Kafka key. */
  readonly key: string | null
  /** JSON value, or raw text where it is a string: records that are not JSON belong to real life. */
  readonly value: unknown
  /** When it is sent, UTC ms; never before the one before it. */
  readonly atMs: number
}

export interface SimulatorOptions {
  /** Equal seeds give equal records. */
  readonly seed: number
  /** When the first record is sent, UTC ms. */
  readonly startMs: number
  /** Mean records per second at the daily peak; greater than 0. */
  readonly rate: number
}

/** An endless source of records for demonstrations and tests: pure, so that whoever runs it owns the clock. */
export interface Simulator {
  readonly name: string
  readonly description: string
  readonly events: (options: SimulatorOptions) => Generator<SimulatedRecord, never, undefined>
}

/** What a mapping makes of one row of a file. */
export type Mapped =
  | { readonly stream: string; readonly key: string | null; readonly value: unknown }
  /** Why the row is left out: a kebab-case word, counted and printed. */
  | { readonly leaveOut: string }

/** Turns rows of a foreign file into records of the pipeline's streams. Rows in the file = records sent + rows left out. */
export interface Mapping {
  readonly name: string
  readonly description: string
  /** @param row the row's cells by header, an empty cell is null. @param line of the file, the header being line 1. */
  readonly map: (row: Readonly<Record<string, string | null>>, line: number) => Mapped
}

/** A folder's definitions. */
export interface Pipeline {
  readonly kind: 'pipeline'
  readonly name: string
  readonly streams: readonly StreamDefinition[]
  readonly views: readonly ViewDefinition[]
  readonly collections: readonly CollectionDefinition[]
  readonly sources: readonly SourceDefinition[]
  readonly simulators: readonly Simulator[]
  readonly mappings: readonly Mapping[]
}

export interface PipelineOptions {
  readonly name: string
  readonly streams: readonly StreamDefinition[]
  readonly views?: readonly ViewDefinition[]
  readonly collections?: readonly CollectionDefinition[]
  readonly sources?: readonly SourceDefinition[]
  readonly simulators?: readonly Simulator[]
  readonly mappings?: readonly Mapping[]
}

/** Names what a pipeline folder's index.ts exports as `pipeline`. @throws where two things share a name or a view reads a stream that is not listed. */
export function definePipeline(options: PipelineOptions): Pipeline {
  const { name, streams, views = [], collections = [], sources = [], simulators = [], mappings = [] } = options
  checkName('pipeline', name)
  if (streams.length === 0) throw new Error(`pipeline "${name}" has no streams`)
  for (const [kind, list] of [
    ['stream', streams],
    ['view', views],
    ['collection', collections],
    ['source', sources],
    ['simulator', simulators],
    ['mapping', mappings],
  ] as const) {
    const seen = new Set<string>()
    for (const item of list) {
      if (seen.has(item.name))
        throw new Error(`pipeline "${name}" has two of the name "${item.name}" among its ${kind}s`)
      seen.add(item.name)
    }
  }
  for (const view of views) {
    for (const { stream } of view.parts) {
      if (!streams.includes(stream))
        throw new Error(
          `pipeline "${name}": view "${view.name}" reads stream "${stream.name}", which is not in its streams`,
        )
    }
  }
  for (const { name: collection, feed } of collections) {
    if (feed !== null && !streams.includes(feed.stream))
      throw new Error(
        `pipeline "${name}": collection "${collection}" is fed by stream "${feed.stream.name}", which is not in its streams`,
      )
  }
  for (const { name: source, into } of sources) {
    if (!(into.kind === 'stream' ? streams.includes(into) : collections.includes(into)))
      throw new Error(
        `pipeline "${name}": source "${source}" goes into the ${into.kind} "${into.name}", which is not listed`,
      )
  }
  const freeze = <T>(list: readonly T[]) => Object.freeze([...list])
  return Object.freeze({
    kind: 'pipeline',
    name,
    streams: freeze(streams),
    views: freeze(views),
    collections: freeze(collections),
    sources: freeze(sources),
    simulators: freeze(simulators),
    mappings: freeze(mappings),
  })
}

/** Checks and freezes a mapping. */
export function defineMapping(mapping: Mapping): Mapping {
  checkName('mapping', mapping.name)
  return Object.freeze({ ...mapping })
}

/** Checks and freezes a simulator. */
export function defineSimulator(simulator: Simulator): Simulator {
  checkName('simulator', simulator.name)
  return Object.freeze({ ...simulator })
}
