import type { Request } from 'express'
import type { Parameters } from '../query/view-query.js'

/** The query of a request: each name with its values, in order. */
export function parametersOf(request: Pick<Request, 'originalUrl'>): Parameters {
  const parameters = new Map<string, string[]>()
  const at = request.originalUrl.indexOf('?')
  if (at < 0) return parameters
  for (const [name, value] of new URLSearchParams(request.originalUrl.slice(at + 1))) {
    const values = parameters.get(name)
    if (values) values.push(value)
    else parameters.set(name, [value])
  }
  return parameters
}
