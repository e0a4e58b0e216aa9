import type { Response } from 'express'
import { OperationRefusedError } from '../operations.js'
import { ParameterError } from '../query/parameter-error.js'
import { UnavailableError } from '../unavailable-error.js'

/** RFC 9457 problem details; what the members beyond the standard ones mean is in the API's description. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly [member: string]: unknown
}

/** Thrown by a route to answer with a problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  constructor(
    readonly problem: Problem,
    options?: { readonly cause?: unknown },
  ) {
    super(problem.detail, options)
  }
}

/** Something that the path or a parameter names does not exist. */
export function notFound(kind: string, name: string, known: Iterable<string>): ProblemError {
  const names = [...known]
  const detail = `there is no ${kind} "${name}"; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`
  return new ProblemError({
    type: '/problems/not-found',
    title: 'Not found',
    status: 404,
    detail,
    parameter: kind,
    value: name,
    expected: names,
  })
}

export function problemOf(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem
  if (error instanceof ParameterError) {
    const { parameter, value, expected, message } = error
    return {
      type: '/problems/invalid-parameter',
      title: 'Invalid parameter',
      status: 400,
      detail: message,
      parameter,
      value,
      expected,
    }
  }
  if (error instanceof OperationRefusedError)
    return { type: '/problems/refused', title: 'Refused', status: 409, detail: error.message }
  if (error instanceof UnavailableError) {
    const building = error.code === 'building'
    return {
      type: building ? '/problems/building' : '/problems/unavailable',
      title: building ? 'View is building' : 'Unavailable',
      status: 503,
      detail: error.message,
      code: error.code,
      ...error.detail,
    }
  }
  return bodyProblem(error)
}

export function sendProblem(response: Response, problem: Problem): void {
  if (problem.status === 503) response.set('Retry-After', '2')
  response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
}

/** What the body parser refuses, by its own status. */
function bodyProblem(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('status' in error) || !('type' in error)) return null
  const { status, type, message } = error as { status: unknown; type: unknown; message: string }
  if (typeof status !== 'number' || status < 400 || status > 499) return null
  const limit = 'limit' in error ? { limitBytes: error.limit } : {}
  return { type: '/problems/invalid-body', title: 'Invalid body', status, detail: message, reason: type, ...limit }
}
