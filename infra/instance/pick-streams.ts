import type { Catalog } from '../../core/define/compile-catalog.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { UserError } from './user-error.js'

/** The named streams, or all of them. Throws `UserError` naming one that does not exist and those that do. */
export function pickStreams(catalog: Catalog, names: readonly string[]): readonly StreamDefinition[] {
  if (names.length === 0) return [...catalog.streams.values()]
  return names.map((name) => {
    const stream = catalog.streams.get(name)
    if (!stream)
      throw new UserError(`There is no stream "${name}"; there are: ${[...catalog.streams.keys()].join(', ')}.`)
    return stream
  })
}
