import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { DocumentWrite, Generation } from '../../stores/collections/collection-port.js'
import type { SearchWrite } from '../../stores/search/collection-search-port.js'
import type { CollectionDeps, CollectionRun } from './collection-deps.js'
import { checksumOf } from './generation-checksum.js'
import { generationName } from './generation-name.js'
import { putInForce } from './put-in-force.js'
import { type DocumentRejection, readDocument } from './read-document.js'
import { dropGeneration, sweepGenerations } from './sweep-generations.js'

export interface LoadedGeneration {
  readonly generation: string
  readonly loaded: number
  readonly rejected: number
  /** Hex sha256 over the documents in the order of their ids: equal for equal documents. */
  readonly checksum: string
  /** The first rejected documents. */
  readonly rejections: readonly DocumentRejection[]
}

/** Thrown where nothing could be loaded: the generation in force stays. */
export class EmptyLoadError extends Error {
  override readonly name = 'EmptyLoadError'
  constructor(
    readonly collection: string,
    readonly rejections: readonly DocumentRejection[],
    rejected: number,
  ) {
    const first = rejections[0]
    const why =
      first === undefined
        ? 'the source gave none'
        : `all ${rejected} were rejected, the first because ${first.field} is ${first.value}: expected ${first.expected}`
    super(`collection "${collection}" would have no document (${why}); the generation in force stays`)
  }
}

/** Documents written at once. */
const BATCH = 500
const REJECTIONS_SHOWN = 20

/**
 * Fills a new generation and puts it in force by one switch. Repeating a run that ended gives its result; one that was
 * interrupted is begun anew. Older generations are removed, but for the one before.
 *
 * @throws EmptyLoadError where no document is left to load
 */
export async function loadGeneration(
  deps: CollectionDeps,
  collection: CollectionDefinition,
  documents: AsyncIterable<{ readonly id: string; readonly value: unknown }>,
  run: CollectionRun,
): Promise<LoadedGeneration> {
  const { collections, collectionSearch, clock, logger } = deps
  const name = generationName(collection, run.id)
  const before = await collections.generation(collection.name, name)
  if (before?.status === 'complete') return resume(deps, collection, before)
  if (before !== null) await dropGeneration(deps, collection.name, name)
  const analysis = collection.search === null ? null : await collectionSearch.ensureGeneration(collection, name)
  await collections.openGeneration(collection, { name, run: run.id, createdAtMs: clock.now(), analysis })

  const rejections: DocumentRejection[] = []
  let rejected = 0
  let taken = 0
  let batch: DocumentWrite[] = []
  const write = async (): Promise<void> => {
    run.signal?.throwIfAborted()
    await collections.put(collection, name, batch, true)
    if (collection.search !== null) await collectionSearch.put(collection, name, latestOfEach(batch))
    batch = []
    run.progress?.({ collection: collection.name, generation: name, documents: taken, rejected })
  }
  for await (const item of documents) {
    const read = readDocument(collection, item)
    if (!read.ok) {
      rejected++
      if (rejections.length < REJECTIONS_SHOWN) {
        rejections.push(read.rejection)
        logger.warn({ collection: collection.name, run: run.id, ...read.rejection }, 'a document was rejected')
      }
      continue
    }
    // in the order given: of two documents with one id the last one counts
    batch.push({ id: item.id, value: read.value, version: String(taken++).padStart(16, '0') })
    if (batch.length >= BATCH) await write()
  }
  await write()
  if (taken === 0) {
    await dropGeneration(deps, collection.name, name)
    throw new EmptyLoadError(collection.name, rejections, rejected)
  }
  if (collection.search !== null) await collectionSearch.refresh(collection.name, name)
  const { checksum, count } = await checksumOf(collections.documents(collection.name, name))
  const complete = await collections.complete(collection.name, name, {
    loaded: count,
    rejected,
    checksum,
    completedAtMs: clock.now(),
  })
  await putInForce(deps, complete)
  await sweepGenerations(deps, collection.name)
  return { ...resultOf(complete), rejections }
}

function latestOfEach(batch: readonly DocumentWrite[]): readonly SearchWrite[] {
  return [...new Map(batch.map(({ id, value }) => [id, { id, value }])).values()]
}

async function resume(
  deps: CollectionDeps,
  collection: CollectionDefinition,
  complete: Generation,
): Promise<LoadedGeneration> {
  await putInForce(deps, complete)
  await sweepGenerations(deps, collection.name)
  return { ...resultOf(complete), rejections: [] }
}

function resultOf({ name, loaded, rejected, checksum }: Generation): Omit<LoadedGeneration, 'rejections'> {
  return { generation: name, loaded, rejected, checksum: checksum ?? '' }
}
