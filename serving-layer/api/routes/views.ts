import { once } from 'node:events'
import { Router } from 'express'
import { parseViewQuery } from '../../query/view-query.js'
import { parseTrendingQuery } from '../../trending/trending-query.js'
import { withToken } from '../answer-token.js'
import type { ApiDeps } from '../api-deps.js'
import { describeView } from '../describe.js'
import { parametersOf } from '../parameters.js'
import { ready, viewNamed } from '../ready.js'

/** Lines of a whole answer sent at once. */
const LINES_PER_WRITE = 500

/** `GET /v1/views`, `/v1/views/:view`, `/v1/views/:view/trending`, `/v1/views/:view/cells`. */
export function viewRoutes(deps: ApiDeps): Router {
  const router = Router()
  const { clock, catalog } = deps

  router.get('/v1/views', (_request, response) => {
    const { readers } = ready(deps)
    response.json({
      views: [...readers.views.values()].map((reader) => describeView(reader, catalog, readers.restating(reader.view))),
    })
  })

  router.get('/v1/views/:view', async (request, response) => {
    const serving = ready(deps)
    const { view } = viewNamed(serving, request.params.view)
    const answer = await serving.answers.view(parseViewQuery(view, parametersOf(request), clock.now()))
    response.json({ ...answer, provenance: withToken(request, response, answer.provenance, catalog.streams) })
  })

  router.get('/v1/views/:view/trending', async (request, response) => {
    const serving = ready(deps)
    const { view } = viewNamed(serving, request.params.view)
    const answer = await serving.answers.trending(parseTrendingQuery(view, parametersOf(request), clock.now()))
    response.json({ ...answer, provenance: withToken(request, response, answer.provenance, catalog.streams) })
  })

  router.get('/v1/views/:view/cells', async (request, response) => {
    const serving = ready(deps)
    const { view } = viewNamed(serving, request.params.view)
    const whole = await serving.answers.whole(view.name)
    const { total, cells } = whole
    const provenance = withToken(request, response, whole.provenance, catalog.streams)
    response.type('application/x-ndjson')
    let lines = [
      JSON.stringify({ view: view.name, viewHash: view.hash, resolutionMs: view.windows[0], total, provenance }),
    ]
    const flush = async (): Promise<void> => {
      const text = `${lines.join('\n')}\n`
      lines = []
      if (!response.write(text) && !response.destroyed)
        await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
    for (const { key, registers, measures } of cells) {
      lines.push(JSON.stringify({ key, registers, measures }))
      if (lines.length >= LINES_PER_WRITE) await flush()
      if (response.destroyed) return
    }
    if (lines.length > 0) await flush()
    response.end()
  })

  return router
}
