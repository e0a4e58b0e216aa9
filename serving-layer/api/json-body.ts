import { type RequestHandler, text } from 'express'
import type { z } from 'zod'
import { ProblemError } from './problem.js'

const MAX_BODY_BYTES = 64 * 1024

/** Reads the body of what is asked for as text, whatever its type says. */
export const readBody: RequestHandler = text({ type: () => true, limit: MAX_BODY_BYTES })

/**
 * A page of another site may make a browser send such a request without asking: browsers then name the page's origin.
 * @throws ProblemError 403
 */
export const refuseOtherSites: RequestHandler = (request, _response, next) => {
  const origin = request.get('origin')
  if (origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === request.get('host'))) {
    const detail = `a page of ${origin} may not decide anything here`
    throw new ProblemError({ type: '/problems/forbidden', title: 'Forbidden', status: 403, detail })
  }
  next()
}

/** An absent body is an empty object. @throws ProblemError 400 naming the first member that cannot be used */
export function parseBody<T>(body: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(jsonOf(typeof body === 'string' ? body.trim() : ''))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined
  const parameter = unknown ?? (issue?.path.join('.') || 'body')
  throw invalid(`${parameter}: ${issue?.message ?? 'cannot be used'}`, parameter)
}

function jsonOf(body: string): unknown {
  if (body === '') return {}
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw invalid(`the body is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, 'body')
  }
}

export function invalid(detail: string, parameter: string): ProblemError {
  return new ProblemError({ type: '/problems/invalid-body', title: 'Invalid body', status: 400, detail, parameter })
}
