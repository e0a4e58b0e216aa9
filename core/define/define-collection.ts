import type { ZodType } from 'zod'
import { columnsOf } from '../expression/columns-of.js'
import type { BooleanExpr, Columns, Expr } from '../expression/expr.js'
import type { CollectionDefinition, CollectionFeed, CollectionSearch } from './collection-definition.js'
import type { Column, ColumnType } from './column.js'
import type { ColumnsOf } from './column-types.js'
import { columnsOfShape } from './columns.js'
import { deepFreeze } from './deep-freeze.js'
import { definitionHash } from './definition-hash.js'
import { checkFieldName, checkName } from './names.js'
import { readSchema } from './read-schema.js'
import type { ColumnTypes, Stream } from './stream-definition.js'

interface CommonOptions {
  /** Names the collection in the API, the stores and the CLI. */
  readonly name: string
  /** How documents are found by words. @default not searched */
  readonly search?: Partial<CollectionSearch> & Pick<CollectionSearch, 'fields'>
  /** Fields with latitude and longitude, degrees. @default not on a map */
  readonly place?: { readonly lat: string; readonly lon: string }
}

/** A collection that a source loads, whole, generation by generation. */
export interface LoadedCollectionOptions<S extends ZodType> extends CommonOptions {
  /** A document: an object of scalars; lists and maps are kept as they are. */
  readonly schema: S
  /** Field that names a document. */
  readonly id: keyof ColumnsOf<S, Readonly<Record<string, never>>> & string
}

/** A collection that a stream feeds, record by record. */
export interface FedCollectionOptions<R extends ColumnTypes> extends CommonOptions {
  readonly from: Stream<R>
  readonly fields: (e: Columns<R>) => Readonly<Record<string, Expr>>
  readonly id: string
  /** Records that delete the document of their id. @default none */
  readonly remove?: (e: Columns<R>) => BooleanExpr
}

/**
 * Defines a collection: the latest document per id, read by id, found by words and by place.
 *
 * @throws Error that names the collection and what is wrong with it
 */
export function defineCollection<S extends ZodType>(options: LoadedCollectionOptions<S>): CollectionDefinition
export function defineCollection<R extends ColumnTypes>(options: FedCollectionOptions<R>): CollectionDefinition
export function defineCollection(
  options: LoadedCollectionOptions<ZodType> | FedCollectionOptions<ColumnTypes>,
): CollectionDefinition {
  const { name, id } = options
  checkName('collection', name)
  const fail = (what: string): never => {
    throw new Error(`collection "${name}": ${what}`)
  }
  const { columns, feed } = 'from' in options ? fedBy(options, fail) : { columns: columnsOfSchema(options), feed: null }
  const field = (option: string, of: string, kinds: readonly ColumnType['kind'][]): void => {
    const found = columns.find((column) => column.name === of)
    if (found === undefined)
      fail(`${option} names "${of}", which is not among ${columns.map((c) => c.name).join(', ')}`)
    else if (found.json === true || !kinds.includes(found.type.kind))
      fail(
        `${option} "${of}" is ${found.json === true ? 'a list or a map' : found.type.kind}; it must be ${kinds.join(' or ')}`,
      )
  }
  field('id', id, ['text', 'integer'])
  const search = options.search === undefined ? null : searchOf(options.search)
  for (const of of search?.fields ?? []) field('search.fields', of.replace(/\^\d+$/, ''), ['text'])
  for (const of of search?.facets ?? []) field('search.facets', of, ['text', 'integer', 'boolean'])
  if (search?.suggest) field('search.suggest', search.suggest, ['text'])
  const place = options.place ?? null
  if (place !== null) for (const of of [place.lat, place.lon]) field('place', of, ['real', 'decimal'])
  const plain = { name, columns, id, feed, search, place }
  const hash = definitionHash({ ...plain, feed: feed && { ...feed, stream: feed.stream.hash } })
  const definition = { kind: 'collection' as const, ...plain, hash }
  for (const part of [columns, search, place]) deepFreeze(part)
  if (!('from' in options)) Object.defineProperty(definition, 'schema', { value: options.schema, enumerable: false })
  return Object.freeze(definition)
}

function columnsOfSchema({ name, schema }: LoadedCollectionOptions<ZodType>): readonly Column[] {
  return columnsOfShape(readSchema(schema, name), name).columns
}

function fedBy(
  { from, fields, remove }: FedCollectionOptions<ColumnTypes>,
  fail: (what: string) => never,
): { columns: readonly Column[]; feed: CollectionFeed } {
  const e = columnsOf(from.columns, from.name) as Columns<ColumnTypes>
  const given = Object.entries(fields(e))
  const columns = given.map(([field, expr]): Column => {
    checkFieldName('field', field)
    if ((expr as Expr | undefined)?.type === undefined)
      fail(`field "${field}" must be an expression, such as e.${field}`)
    return { name: field, type: expr.type, path: [field] }
  })
  const condition = remove?.(e)
  if (condition !== undefined && condition.type?.kind !== 'boolean') fail('remove must be a condition')
  const nodes = Object.fromEntries(given.map(([field, { node }]) => [field, node]))
  return { columns, feed: { stream: from, fields: nodes, remove: condition?.node ?? null } }
}

function searchOf({
  fields,
  synonyms = [],
  facets = [],
  suggest = null,
}: Partial<CollectionSearch> & Pick<CollectionSearch, 'fields'>): CollectionSearch {
  return { fields, synonyms, facets, suggest }
}
