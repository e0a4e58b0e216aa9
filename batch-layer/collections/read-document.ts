import type { CollectionDefinition } from '../../core/define/collection-definition.js'
import { valueAt } from '../../stores/collections/field-filter.js'

/** Why a document was left out. */
export interface DocumentRejection {
  readonly id: string
  /** Path of the field, or `document` for the whole. */
  readonly field: string
  /** As JSON, cut to 200 characters. */
  readonly value: string
  readonly expected: string
}

export type ReadDocument =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly rejection: DocumentRejection }

const SHOWN = 200

/** Checks a document against the collection's schema; fields that are not declared are left out. */
export function readDocument(
  collection: CollectionDefinition,
  { id, value }: { readonly id: string; readonly value: unknown },
): ReadDocument {
  const reject = (field: string, held: unknown, expected: string): ReadDocument => ({
    ok: false,
    rejection: { id, field, value: (JSON.stringify(held) ?? 'nothing').slice(0, SHOWN), expected },
  })
  if (collection.schema === undefined)
    throw new Error(`collection "${collection.name}" is fed by a stream; a source cannot load it`)
  const parsed = collection.schema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    const path = issue?.path.map(String) ?? []
    const held = path.length === 0 ? value : at(value, path)
    return reject(path.join('.') || 'document', held, issue?.message ?? 'another document')
  }
  const document = parsed.data as Readonly<Record<string, unknown>> // columns exist only for object schemas
  const column = collection.columns.find(({ name }) => name === collection.id)
  const named = column === undefined ? null : valueAt(document, column)
  if (String(named) !== id || id === '')
    return reject(collection.id, named, `the name that the document was given: ${JSON.stringify(id)}`)
  return { ok: true, value: document }
}

function at(value: unknown, path: readonly string[]): unknown {
  let held = value
  for (const key of path)
    held = typeof held === 'object' && held !== null ? (held as Readonly<Record<string, unknown>>)[key] : undefined
  return held
}
