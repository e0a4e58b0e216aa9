import { jsonSchemaOf } from '../../core/decode/json-schema.js'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import type { ColumnType } from '../../core/define/column.js'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { showSize } from '../query/time-range.js'
import type { Restating } from '../read/restating.js'
import type { StreamReader } from '../read/stream-reader.js'
import type { ViewReader } from '../read/view-reader.js'

/** A view's definition, as the API shows it. */
export function describeView({ view, streams }: ViewReader, catalog: Catalog, restating: Restating | null = null) {
  return {
    name: view.name,
    pipeline: pipelineOf(catalog, view.ledger ? (streams[0]?.name ?? '') : view.name),
    streams: streams.map(({ name }) => name),
    ledger: view.ledger,
    dimensions: view.dimensions.map(({ name, type }) => ({ name, type: showType(type) })),
    measures: view.measures.map(({ name, spec }) => ({ name, ...spec })),
    windows: view.windows.map(showSize),
    zone: view.zone,
    hash: view.hash,
    restating,
  }
}

/** A stream's definition, as the API shows it. */
export function describeStream(reader: StreamReader, catalog: Catalog) {
  const { definition, epochMs, views } = reader
  const { name, topic, dlqTopic, columns, eventTime, key, rejects, maxBytes, allowedLatenessMs, earliestMs } =
    definition
  return {
    name,
    pipeline: pipelineOf(catalog, name),
    topic,
    dlqTopic,
    epoch: showSize(epochMs),
    eventTime,
    key,
    maxBytes,
    allowedLatenessMs,
    earliest: earliestMs === null ? null : new Date(earliestMs).toISOString(),
    columns: columns.map(({ name: column, type, path }) => ({
      name: column,
      type: showType(type),
      path: path.join('.'),
    })),
    rejects: rejects.map(({ reason }) => reason),
    views: views.map((view) => view.name),
    schema: jsonSchemaOf(definition as StreamDefinition),
  }
}

/** A collection's definition, as the API shows it. */
export function describeCollection(
  { name, id, columns, feed, search, place, hash }: CollectionDefinition,
  catalog: Catalog,
) {
  return {
    name,
    pipeline: pipelineOf(catalog, name),
    id,
    fields: columns.map((column) => ({
      name: column.name,
      type: column.json === true ? 'json' : showType(column.type),
      path: column.path.join('.'),
    })),
    stream: feed?.stream.name ?? null,
    search,
    place,
    hash,
  }
}

function pipelineOf(catalog: Catalog, name: string): string | null {
  return catalog.pipelineOf(name)?.name ?? null
}

function showType(type: ColumnType): string {
  return type.kind === 'decimal' ? `decimal(${type.scale})` : type.kind
}
