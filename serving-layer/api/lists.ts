import type { Request } from 'express'
import { ParameterError } from '../query/parameter-error.js'
import { one, type Parameters, parseLimit, refuseUnknown } from '../query/view-query.js'
import type { Serving } from './api-deps.js'
import { parametersOf } from './parameters.js'

/** Parameters that list endpoints share: `stream`, `limit`, and their own. */
export function listParameters(
  request: Pick<Request, 'originalUrl'>,
  { readers }: Serving,
  own: readonly string[],
  limits: { readonly otherwise: number; readonly max: number },
): { readonly parameters: Parameters; readonly stream: string | undefined; readonly limit: number } {
  const parameters = parametersOf(request)
  refuseUnknown(parameters, ['stream', 'limit', ...own])
  const stream = one(parameters, 'stream')
  if (stream !== undefined && !readers.streams.has(stream)) {
    throw new ParameterError('stream', stream, `one of the streams ${[...readers.streams.keys()].join(', ')}`)
  }
  return { parameters, stream, limit: parseLimit(one(parameters, 'limit'), limits.otherwise, limits.max) }
}
