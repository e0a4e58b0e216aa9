import { Router } from 'express'
import type { CollectionDefinition } from '../../../core/define/collection-definition.js'
import type { FeedPosition } from '../../../stores/collections/collection-port.js'
import { collectionProvenance } from '../../collections/collection-provenance.js'
import {
  parseListQuery,
  parseNearQuery,
  parseSuggestQuery,
  parseTextQuery,
} from '../../collections/collection-questions.js'
import { CollectionReader, type InForce, unavailable } from '../../collections/collection-reader.js'
import { showDocument } from '../../collections/show-document.js'
import { refuseUnknown } from '../../query/view-query.js'
import type { ApiDeps } from '../api-deps.js'
import { describeCollection } from '../describe.js'
import { parametersOf } from '../parameters.js'
import { notFound, ProblemError } from '../problem.js'

/** `GET /v1/collections`, `/v1/collections/:name`, `/v1/collections/:name/:id`, `/v1/search/:name`, `/v1/search/:name/suggest`, `/v1/near/:name`. */
export function collectionRoutes(deps: ApiDeps): Router {
  const router = Router()
  const { catalog, clock, collections, collectionSearch } = deps
  const reader = new CollectionReader(collections, clock)
  const named = (name: string): CollectionDefinition => {
    const found = catalog.collections.get(name)
    if (found === undefined) throw notFound('collection', name, catalog.collections.keys())
    return found
  }
  /** Positions first: what they say is in was written before. */
  const open = async (collection: CollectionDefinition): Promise<Opened> => {
    const inForce = await reader.inForce(collection)
    if (collection.feed === null) return { inForce }
    return { inForce, positions: await collections.positions(collection.name, inForce.generation.name) }
  }
  const provenance = (collection: CollectionDefinition, { inForce, positions }: Opened, searched = false) =>
    collectionProvenance(collection, inForce, { nowMs: clock.now(), positions, searched })

  router.get('/v1/collections', (_request, response) => {
    response.json({ collections: [...catalog.collections.values()].map((one) => describeCollection(one, catalog)) })
  })

  router.get('/v1/collections/:name', async (request, response) => {
    const collection = named(request.params.name)
    const query = parseListQuery(collection, parametersOf(request))
    const body = await told(async () => {
      const opened = await open(collection)
      const documents = await collections.list(collection.name, opened.inForce.generation.name, query)
      const next = documents.length === query.limit ? (documents.at(-1)?.id ?? null) : null
      return {
        collection: collection.name,
        documents: documents.map((one) => showDocument(collection, one)),
        next,
        provenance: provenance(collection, opened),
      }
    })
    response.json(body)
  })

  router.get('/v1/collections/:name/:id', async (request, response) => {
    const collection = named(request.params.name)
    refuseUnknown(parametersOf(request), [])
    const { id } = request.params
    const body = await told(async () => {
      const opened = await open(collection)
      const found = await collections.get(collection.name, opened.inForce.generation.name, id)
      const from = provenance(collection, opened)
      if (found === null) throw noDocument(collection.name, id, from)
      return { collection: collection.name, ...showDocument(collection, found), provenance: from }
    })
    response.json(body)
  })

  router.get('/v1/search/:name', async (request, response) => {
    const collection = searched(named(request.params.name))
    const query = parseTextQuery(collection, parametersOf(request))
    const body = await told(async () => {
      const inForce = await reader.inForce(collection)
      const { total, hits, facets } = await collectionSearch.search(collection, inForce.generation.name, query)
      return {
        collection: collection.name,
        q: query.q,
        total,
        hits: hits.map(({ score, highlight, ...one }) => ({
          ...showDocument(collection, one),
          score,
          ...(highlight === null ? {} : { highlight }),
        })),
        facets,
        provenance: provenance(collection, { inForce }, true),
      }
    })
    response.json(body)
  })

  router.get('/v1/search/:name/suggest', async (request, response) => {
    const collection = searched(named(request.params.name))
    if (!collection.search?.suggest)
      throw unfit(collection.name, 'suggests nothing: its definition has no search.suggest')
    const { q, limit } = parseSuggestQuery(parametersOf(request))
    const body = await told(async () => {
      const inForce = await reader.inForce(collection)
      const suggestions = await collectionSearch.suggest(collection, inForce.generation.name, q, limit)
      return { collection: collection.name, q, suggestions, provenance: provenance(collection, { inForce }) }
    })
    response.json(body)
  })

  router.get('/v1/near/:name', async (request, response) => {
    const collection = named(request.params.name)
    if (collection.place === null) throw unfit(collection.name, 'is not on a map: its definition has no place')
    const query = parseNearQuery(collection, parametersOf(request))
    const body = await told(async () => {
      const opened = await open(collection)
      const documents = await collections.near(collection, opened.inForce.generation.name, query)
      return {
        collection: collection.name,
        lat: query.lat,
        lng: query.lon,
        km: query.km,
        documents: documents.map(({ km, ...one }) => ({
          ...showDocument(collection, one),
          km: Math.round(km * 1e3) / 1e3,
        })),
        provenance: provenance(collection, opened),
      }
    })
    response.json(body)
  })

  return router
}

interface Opened {
  readonly inForce: InForce
  readonly positions?: ReadonlyMap<number, FeedPosition>
}

async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw unavailable(error)
  }
}

function searched(collection: CollectionDefinition): CollectionDefinition {
  if (collection.search === null) throw unfit(collection.name, 'is not searched: its definition has no search')
  return collection
}

function unfit(collection: string, why: string): ProblemError {
  return new ProblemError({
    type: '/problems/not-found',
    title: 'Not found',
    status: 404,
    detail: `collection "${collection}" ${why}`,
    parameter: 'collection',
    value: collection,
  })
}

function noDocument(collection: string, id: string, provenance: unknown): ProblemError {
  return new ProblemError({
    type: '/problems/not-found',
    title: 'Not found',
    status: 404,
    detail: `collection "${collection}" has no document "${id}"`,
    parameter: 'id',
    value: id,
    provenance,
  })
}
