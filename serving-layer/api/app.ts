import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { LiveHub } from '../live/live-hub.js'
import type { ApiDeps } from './api-deps.js'
import { openApiOf } from './openapi.js'
import { pageRoutes } from './pages.js'
import { problemOf, sendProblem } from './problem.js'
import { backfillRoutes } from './routes/backfills.js'
import { collectionRoutes } from './routes/collections.js'
import { deadLetterRoutes } from './routes/dead-letters.js'
import { healthRoutes } from './routes/health.js'
import { ledgerRoutes } from './routes/ledger.js'
import { liveRoutes } from './routes/live.js'
import { runRoutes } from './routes/runs.js'
import { snapshotRoutes } from './routes/snapshots.js'
import { streamRoutes } from './routes/streams.js'
import { viewRoutes } from './routes/views.js'

/** Clients that may listen to live answers of one process. */
const MAX_LISTENERS = 500

/** The HTTP API as an Express application; it listens nowhere by itself. */
export function createApi(deps: ApiDeps): Express {
  const { logger, signal } = deps
  const hub = new LiveHub(signal, MAX_LISTENERS, (error) => logger.error({ error }, 'a live answer failed'))
  const app = express()
  app.disable('x-powered-by')
  // Answers change from one moment to the next: hashing each for a 304 that never comes costs more than it saves.
  app.disable('etag')
  app.set('query parser', false)
  app.use(measure(deps), secure)
  app.use(viewRoutes(deps), liveRoutes(deps, hub), streamRoutes(deps), snapshotRoutes(deps), ledgerRoutes(deps))
  app.use(
    backfillRoutes(deps),
    runRoutes(deps),
    collectionRoutes(deps),
    deadLetterRoutes(deps),
    healthRoutes(deps),
    pageRoutes(),
  )
  app.get('/openapi.json', (_request, response) => {
    response.json(openApiOf(deps.catalog, deps.serving()))
  })
  app.use((request, response) => {
    const detail = `there is nothing at ${request.method} ${request.path}; see /openapi.json`
    sendProblem(response, { type: '/problems/not-found', title: 'Not found', status: 404, detail })
  })
  app.use(answerProblem(deps))
  return app
}

/** Times every request by its route's pattern, never by its path, which would make a series of each view's word. */
function measure({ metrics }: ApiDeps): RequestHandler {
  return (request, response, next) => {
    const started = process.hrtime.bigint()
    response.once('close', () => {
      const route: unknown = request.route?.path
      if (response.getHeader('Content-Type') === 'text/event-stream') return
      metrics.observe(
        typeof route === 'string' ? route : 'other',
        response.statusCode,
        Number(process.hrtime.bigint() - started) / 1e9,
      )
    })
    next()
  }
}

const secure: RequestHandler = (_request, response, next) => {
  response.set({
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    'Cache-Control': 'no-store',
  })
  next()
}

function answerProblem({ logger }: ApiDeps): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      logger.error({ error, path: request.path }, 'an answer broke off')
      next(error)
      return
    }
    const problem = problemOf(error)
    if (problem) {
      sendProblem(response, problem)
      return
    }
    logger.error({ error, path: request.path }, 'a request failed')
    sendProblem(response, {
      type: '/problems/internal',
      title: 'Internal error',
      status: 500,
      detail: 'the server failed; its log says why',
    })
  }
}
