import type { estypes } from '@elastic/elasticsearch'
import type { ColumnType } from '../../core/define/column.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { quantileName } from '../../core/measure/finish.js'
import { sha256Hex } from '../../core/seam/sha256-hex.js'

/** Fields that every document has beside the view's own. */
const OWN_FIELDS = ['window', 'resolution', 'stream', 'segment', 'overflow'] as const

/** What a document is of: a value of its field `resolution`. */
export type Resolution = (typeof RESOLUTIONS)[number]
export const RESOLUTIONS = ['hour', 'day'] as const

/** Counted up with each change of what documents hold: their mapping is strict, so they get another index. */
const LAYOUT = 2

/** `tandem-<view>-<16 digits>`: a changed definition gets an index of its own. */
export function indexName(view: Pick<ViewDefinition, 'name' | 'hash'>): string {
  return `${aliasName(view)}-${sha256Hex(`${LAYOUT} ${view.hash}`).slice(0, 16)}`
}

/** Name of the view that an index is of, whatever its definition; null where it is of none. */
export function viewOfIndex(index: string): string | null {
  return /^tandem-(.+)-[0-9a-f]{16}$/.exec(index)?.[1] ?? null
}

/** `tandem-<view>` for hours, `tandem-<view>.days` for days: for Kibana and Grafana. A name ends in `.ledger` where it has a dot. */
export function aliasName(view: Pick<ViewDefinition, 'name'>, resolution: Resolution = 'hour'): string {
  return resolution === 'hour' ? `tandem-${view.name}` : `tandem-${view.name}.days`
}

/** Names of a document's fields, aligned with the view's dimensions and measures; `_` is added to one that is taken. */
export interface FieldNames {
  readonly dimensions: readonly string[]
  readonly measures: readonly string[]
}

export function fieldNames(view: ViewDefinition): FieldNames {
  const taken = new Set<string>(OWN_FIELDS)
  const free = ({ name }: { readonly name: string }): string => {
    let field = name
    while (taken.has(field)) field += '_'
    taken.add(field)
    return field
  }
  return { dimensions: view.dimensions.map(free), measures: view.measures.map(free) }
}

/** Settings and mappings of a view's index. */
export function indexDefinition(view: ViewDefinition): Pick<estypes.IndicesCreateRequest, 'settings' | 'mappings'> {
  const names = fieldNames(view)
  const properties: Record<string, estypes.MappingProperty> = {
    window: { type: 'date', format: 'epoch_millis' },
    resolution: { type: 'keyword' },
    stream: { type: 'keyword' },
    segment: { type: 'keyword' },
    overflow: { type: 'keyword' },
  }
  view.dimensions.forEach(({ type }, i) => {
    properties[names.dimensions[i] as string] = dimensionField(type)
  })
  view.measures.forEach(({ spec }, i) => {
    const number = { type: 'double' } as const
    properties[names.measures[i] as string] =
      spec.kind === 'quantile' && spec.probabilities.length > 1
        ? { properties: Object.fromEntries(spec.probabilities.map((p) => [quantileName(p), number])) }
        : spec.kind === 'count'
          ? { type: 'long' }
          : number
  })
  return {
    settings: { number_of_shards: 1, auto_expand_replicas: '0-1' },
    // strict: a field that the mapping lacks is a mistake here, not something to guess a type for
    mappings: { dynamic: 'strict', properties },
  }
}

function dimensionField(type: ColumnType): estypes.MappingProperty {
  switch (type.kind) {
    case 'text':
      // Lucene refuses terms above 32,766 bytes; a longer text is kept, but cannot be searched for.
      return { type: 'keyword', ignore_above: 8191 }
    case 'integer':
      return { type: 'long' }
    case 'decimal':
    case 'real':
      return { type: 'double' }
    case 'boolean':
      return { type: 'boolean' }
    case 'time':
      return { type: 'date', format: 'epoch_millis' }
  }
}
