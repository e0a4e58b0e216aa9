import { ALGEBRA_VERSION } from '../measure/algebra-version.js'
import { definitionHash } from './definition-hash.js'
import type { StreamDefinition } from './stream-definition.js'

/** What changes a decoded row. */
export type DecodedBy = Pick<
  StreamDefinition,
  'name' | 'plan' | 'columns' | 'eventTime' | 'rejects' | 'maxBytes' | 'earliestMs' | 'id'
>

/** Hex sha256 over everything of a stream that changes a decoded row, and ALGEBRA_VERSION. */
export function streamHash({ name, plan, columns, eventTime, rejects, maxBytes, earliestMs, id }: DecodedBy): string {
  return definitionHash({
    ...{ name, plan, columns, eventTime, rejects, maxBytes, earliestMs },
    // absent where there is none, so that streams without an id keep the hash that they had
    id: id ?? undefined,
    version: ALGEBRA_VERSION,
  })
}
