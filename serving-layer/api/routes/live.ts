import { Router } from 'express'
import type { LiveHub } from '../../live/live-hub.js'
import { ParameterError } from '../../query/parameter-error.js'
import { one, type Parameters, parseViewQuery } from '../../query/view-query.js'
import { parseTrendingQuery } from '../../trending/trending-query.js'
import { listenerSince, liveAnswer } from '../answer-token.js'
import type { ApiDeps } from '../api-deps.js'
import { describeLayers } from '../layers.js'
import { parametersOf } from '../parameters.js'
import { ready, viewNamed } from '../ready.js'

const DEFAULT_EVERY_MS = 1_000
const MIN_EVERY_MS = 200
const MAX_EVERY_MS = 60_000

/** `GET /v1/views/:view/live`, `/v1/views/:view/trending/live`, `/v1/layers/live`: the same answers as server-sent events. */
export function liveRoutes(deps: ApiDeps, hub: LiveHub): Router {
  const router = Router()
  const { clock, catalog } = deps

  router.get('/v1/views/:view/live', (request, response) => {
    const serving = ready(deps)
    const { view } = viewNamed(serving, request.params.view)
    const { everyMs, rest } = interval(parametersOf(request))
    parseViewQuery(view, rest, clock.now()) // a wrong parameter is told at once, not as an event
    const key = `view ${view.name} ${everyMs} ${JSON.stringify([...rest])}`
    // by the definition of each moment: it may change while somebody listens
    const ask = async () => {
      const { view: of } = viewNamed(serving, view.name)
      return liveAnswer(await serving.answers.view(parseViewQuery(of, rest, clock.now())))
    }
    hub.listen(key, everyMs, ask, response, listenerSince(request, catalog.streams))
  })

  router.get('/v1/views/:view/trending/live', (request, response) => {
    const serving = ready(deps)
    const { view } = viewNamed(serving, request.params.view)
    const { everyMs, rest } = interval(parametersOf(request))
    parseTrendingQuery(view, rest, clock.now())
    const key = `trending ${view.name} ${everyMs} ${JSON.stringify([...rest])}`
    const ask = async () => {
      const { view: of } = viewNamed(serving, view.name)
      return liveAnswer(await serving.answers.trending(parseTrendingQuery(of, rest, clock.now())))
    }
    hub.listen(key, everyMs, ask, response, listenerSince(request, catalog.streams))
  })

  router.get('/v1/layers/live', (request, response) => {
    const serving = ready(deps)
    const { everyMs } = interval(parametersOf(request))
    hub.listen(
      `layers ${everyMs}`,
      everyMs,
      async () => ({ id: null, data: describeLayers(serving, clock.now(), deps.temporalUiUrl) }),
      response,
    )
  })

  return router
}

function interval(parameters: Parameters): { everyMs: number; rest: Parameters } {
  const text = one(parameters, 'interval')
  const everyMs = text === undefined ? DEFAULT_EVERY_MS : /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (everyMs < MIN_EVERY_MS || everyMs > MAX_EVERY_MS) {
    throw new ParameterError('interval', text ?? '', `milliseconds from ${MIN_EVERY_MS} to ${MAX_EVERY_MS}`)
  }
  return { everyMs, rest: new Map([...parameters].filter(([name]) => name !== 'interval')) }
}
