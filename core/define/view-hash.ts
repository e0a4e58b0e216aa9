import { ALGEBRA_VERSION } from '../measure/algebra-version.js'
import { definitionHash } from './definition-hash.js'
import type { ViewDefinition } from './view-definition.js'

/** Hex sha256 of a view's definition, the schemas of all its parts and ALGEBRA_VERSION. A ledger's is its own (see `ledgerView`). */
export function viewHash(view: Omit<ViewDefinition, 'hash'>): string {
  const { kind, name, parts, dimensions, measures, registers, windows, zone, ledger } = view
  // undefined where not given, and then no part of the hash
  const { retention, sinceMs } = view
  return definitionHash({
    ...{ kind, name, dimensions, measures, registers, windows, zone, ledger },
    ...{ retention, sinceMs },
    parts: parts.map((part) => ({ ...part, stream: part.stream.name, streamHash: part.stream.hash })),
    version: ALGEBRA_VERSION,
  })
}
