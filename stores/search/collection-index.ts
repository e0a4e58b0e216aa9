import type { estypes } from '@elastic/elasticsearch'
import type { CollectionDefinition, CollectionSearch } from '../../core/define/collection-definition.js'
import type { Column } from '../../core/define/column.js'
import type { Analysis } from '../collections/collection-port.js'

/** Lucene refuses terms above 32,766 bytes; a longer text is kept, but not found by its value. */
const LONGEST_KEYWORD = 8191
/** Letters of a beginning that suggestions tell apart. */
const LONGEST_BEGINNING = 20

/** `tandem-collection-<name>-<generation>` */
export function collectionIndex(collection: string, generation: string): string {
  return `tandem-collection-${collection}-${generation}`
}

/** Settings and mappings of a generation's index: text in words, everything else as it is. */
export function collectionIndexDefinition(
  { name, columns, search }: CollectionDefinition,
  analysis: Analysis,
): Pick<estypes.IndicesCreateRequest, 'settings' | 'mappings'> {
  const properties: Record<string, estypes.MappingProperty> = {}
  for (const column of columns) place(properties, column.path, propertyOf(column, search))
  return {
    settings: {
      number_of_shards: 1,
      auto_expand_replicas: '0-1',
      // how long the version of a removed document is remembered
      gc_deletes: '7d',
      analysis: {
        ...(analysis === 'nori' ? { tokenizer: { korean: { type: 'nori_tokenizer', decompound_mode: 'mixed' } } } : {}),
        filter: {
          letters_and_pairs: { type: 'cjk_bigram', output_unigrams: true },
          beginnings: { type: 'edge_ngram', min_gram: 1, max_gram: LONGEST_BEGINNING },
          beginning: { type: 'truncate', length: LONGEST_BEGINNING },
        },
        analyzer: {
          words: analysis === 'nori' ? NORI : analyzer('standard', 'cjk_width', 'lowercase', 'letters_and_pairs'),
          asked_words: analysis === 'nori' ? NORI : analyzer('standard', 'cjk_width', 'lowercase', 'cjk_bigram'),
          indexed_beginnings: analyzer('whitespace', 'lowercase', 'beginnings'),
          asked_beginning: analyzer('whitespace', 'lowercase', 'beginning'),
        },
      },
    },
    mappings: { dynamic: false, _meta: { collection: name, analysis }, properties },
  }
}

function analyzer(tokenizer: string, ...filter: string[]): estypes.AnalysisCustomAnalyzer {
  return { type: 'custom', tokenizer, filter }
}

/** Compounds are found whole and by their parts. Without a dictionary: every letter, and every two that stand together. */
const NORI = analyzer('korean', 'nori_part_of_speech', 'lowercase')

function propertyOf(column: Column, search: CollectionSearch | null): estypes.MappingProperty {
  const { name, type, json } = column
  if (json === true) return { type: 'object', enabled: false }
  const keyword = { type: 'keyword', ignore_above: LONGEST_KEYWORD } as const
  switch (type.kind) {
    case 'text': {
      const start = { type: 'text', analyzer: 'indexed_beginnings', search_analyzer: 'asked_beginning' } as const
      const raw = { raw: keyword, ...(search?.suggest === name ? { start } : {}) }
      if (isSearched(column, search))
        return { type: 'text', analyzer: 'words', search_analyzer: 'asked_words', fields: raw }
      return search?.suggest === name ? { ...keyword, fields: { start } } : keyword
    }
    case 'integer':
      return { type: 'long' }
    case 'decimal':
    case 'real':
      return { type: 'double' }
    case 'boolean':
      return { type: 'boolean' }
    case 'time':
      return keyword
  }
}

function isSearched({ name }: Pick<Column, 'name'>, search: CollectionSearch | null): boolean {
  return search?.fields.some((field) => field.replace(/\^\d+$/, '') === name) ?? false
}

/** Path of a column in a document. */
export function pathOf({ columns }: Pick<CollectionDefinition, 'columns'>, name: string): string {
  return columns.find((column) => column.name === name)?.path.join('.') ?? name
}

/** Path under which a column's value is indexed as a whole. */
export function exactPath({ columns, search }: CollectionDefinition, path: string): string {
  const column = columns.find((one) => one.path.join('.') === path)
  return column !== undefined && column.type.kind === 'text' && isSearched(column, search) ? `${path}.raw` : path
}

function place(
  properties: Record<string, estypes.MappingProperty>,
  [key, ...rest]: readonly string[],
  property: estypes.MappingProperty,
): void {
  if (key === undefined) return
  if (rest.length === 0) {
    properties[key] = property
    return
  }
  const inner = (properties[key] as estypes.MappingObjectProperty | undefined) ?? { properties: {} }
  properties[key] = inner
  place(inner.properties as Record<string, estypes.MappingProperty>, rest, property)
}
