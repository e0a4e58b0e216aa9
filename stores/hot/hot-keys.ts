import type { Keyspace } from './hot-port.js'

/** Redis set of all keyspaces, as JSON `[stream, viewSet]`. */
export const KEYSPACES_KEY = 'tandem:keyspaces'
/** Redis set of the names of health reports; each is a key of its own that expires. */
export const HEALTH_KEY = '{tandem:health}'

/** The keys of one partition's hot state; the braces put them on one node of a Redis Cluster. */
export interface PartitionKeys {
  /** Hash: the state's fields. */
  readonly state: string
  /** Set: `<epoch>:<resolutionMs>:<view>` of every hash of cells there is. */
  readonly index: string
  /** Stream: one entry per call, for followers. */
  readonly feed: string
  /** Followed by an entry of the index: hash of cells, cell key → registers. */
  readonly cellsPrefix: string
  /** Set: the epochs that have a set of ids. */
  readonly ids: string
  /** Followed by an epoch: set of the ids of its records. */
  readonly idsPrefix: string
}

export function partitionKeys({ stream, viewSet }: Keyspace, partition: number): PartitionKeys {
  const tag = `tandem:{${stream}/${viewSet}/${partition}}`
  return {
    state: `${tag}:state`,
    index: `${tag}:index`,
    feed: `${tag}:feed`,
    cellsPrefix: `${tag}:cells:`,
    ids: `${tag}:ids`,
    idsPrefix: `${tag}:ids:`,
  }
}

/** Redis set of the partitions of a keyspace that ever had hot state. */
export function partitionsKey({ stream, viewSet }: Keyspace): string {
  return `tandem:{${stream}/${viewSet}}:partitions`
}

/** A hash of cells within a partition. */
export interface CellGroup {
  readonly epoch: number
  readonly resolutionMs: number
  readonly view: string
}

export function groupName(epoch: number, resolutionMs: number, view: string): string {
  return `${epoch}:${resolutionMs}:${view}`
}

export function parseGroup(name: string): CellGroup {
  const match = /^(\d+):(\d+):(.+)$/.exec(name)
  if (!match) throw new Error(`Redis holds cells under "${name}", which is not <epoch>:<resolutionMs>:<view>`)
  return { epoch: Number(match[1]), resolutionMs: Number(match[2]), view: match[3] ?? '' }
}
