import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type {
  CollectionPointer,
  CollectionStore,
  DocumentWrite,
  FeedPosition,
  Generation,
  StoredDocument,
} from './collection-port.js'
import { distanceKm } from './distance.js'
import { type FieldFilter, satisfies } from './field-filter.js'
import { placeOf } from './placed.js'

interface Held {
  readonly generation: Generation
  readonly documents: Map<string, DocumentWrite>
  readonly positions: Map<number, FeedPosition>
}

/** Collections in this process's memory, for tests. */
export function openMemoryCollections(): CollectionStore {
  const held = new Map<string, Held>()
  const pointers = new Map<string, CollectionPointer>()
  const of = (collection: string, generation: string): Held => {
    const found = held.get(`${collection}/${generation}`)
    if (found === undefined) throw new Error(`collection "${collection}" has no generation ${generation}`)
    return found
  }
  const present = (collection: string, generation: string, filters: readonly FieldFilter[]): StoredDocument[] =>
    [...(held.get(`${collection}/${generation}`)?.documents.values() ?? [])]
      .flatMap(({ id, value }) => (value === null ? [] : [{ id, value }]))
      .filter(({ value }) => filters.every((filter) => satisfies(at(value, filter.field), filter)))
      .sort((a, b) => (a.id < b.id ? -1 : 1))

  return {
    async openGeneration({ name, hash }: CollectionDefinition, given) {
      const key = `${name}/${given.name}`
      const generation: Generation = {
        ...{ collection: name, hash, status: 'writing', completedAtMs: null, loaded: 0, rejected: 0, checksum: null },
        ...given,
      }
      if (!held.has(key)) held.set(key, { generation, documents: new Map(), positions: new Map() })
      return of(name, given.name).generation
    },
    async generation(collection, name) {
      return held.get(`${collection}/${name}`)?.generation ?? null
    },
    async generations(collection) {
      return [...held.values()]
        .map(({ generation }) => generation)
        .filter((generation) => generation.collection === collection)
        .sort((a, b) => b.createdAtMs - a.createdAtMs || (a.name < b.name ? 1 : -1))
    },
    async put({ name }, generation, documents) {
      const into = of(name, generation).documents
      for (const write of documents) {
        const before = into.get(write.id)
        if (before === undefined || before.version < write.version) into.set(write.id, structuredClone(write))
      }
    },
    async complete(collection, name, facts) {
      const found = of(collection, name)
      if (found.generation.status === 'writing')
        held.set(`${collection}/${name}`, {
          ...found,
          generation: { ...found.generation, ...facts, status: 'complete' },
        })
      return of(collection, name).generation
    },
    async pointer(collection) {
      return pointers.get(collection) ?? null
    },
    async switchTo(collection, generation, base, switchedAtMs) {
      const now = pointers.get(collection) ?? null
      if ((now?.sequence ?? 0) !== (base?.sequence ?? 0)) return false
      const previous = base?.generation ?? null
      pointers.set(collection, { collection, generation, previous, switchedAtMs, sequence: (base?.sequence ?? 0) + 1 })
      return true
    },
    async drop(collection, generation) {
      held.delete(`${collection}/${generation}`)
    },
    async get(collection, generation, id) {
      return present(collection, generation, []).find((one) => one.id === id) ?? null
    },
    async list(collection, generation, { filters, limit, after }) {
      return present(collection, generation, filters)
        .filter(({ id }) => after === null || id > after)
        .slice(0, limit)
    },
    async near(collection, generation, query) {
      return present(collection.name, generation, query.filters)
        .flatMap((one) => {
          const point = placeOf(collection, one.value)
          return point === null ? [] : [{ ...one, km: distanceKm(query, point) }]
        })
        .filter(({ km }) => km <= query.km)
        .sort((a, b) => a.km - b.km || (a.id < b.id ? -1 : 1))
        .slice(0, query.limit)
    },
    async *documents(collection, generation) {
      yield* present(collection, generation, [])
    },
    async positions(collection, generation) {
      return new Map(held.get(`${collection}/${generation}`)?.positions)
    },
    async setPosition(collection, generation, partition, position) {
      const { positions } = of(collection, generation)
      if ((positions.get(partition)?.next ?? -1) < position.next) positions.set(partition, position)
    },
    async sweepRemoved(collection, generation, beforeMs) {
      const { documents } = of(collection, generation)
      const old = [...documents.values()].filter(
        ({ value, removedAtMs }) => value === null && (removedAtMs ?? 0) < beforeMs,
      )
      for (const { id } of old) documents.delete(id)
      return old.length
    },
    async close() {},
  }
}

function at(value: unknown, field: string): unknown {
  return field
    .split('.')
    .reduce<unknown>(
      (held, key) =>
        typeof held === 'object' && held !== null ? (held as Readonly<Record<string, unknown>>)[key] : null,
      value,
    )
}
