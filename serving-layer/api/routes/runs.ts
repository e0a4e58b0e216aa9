import { Router } from 'express'
import type { RunReport } from '../../../stores/warm/run-reports.js'
import { one, parseLimit, refuseUnknown } from '../../query/view-query.js'
import type { ApiDeps } from '../api-deps.js'
import { parametersOf } from '../parameters.js'
import { ProblemError } from '../problem.js'

/** `GET /v1/runs`, `GET /v1/runs/:id`: what runs of the refresh reported. */
export function runRoutes(deps: Pick<ApiDeps, 'runs' | 'temporalUiUrl' | 'temporalNamespace'>): Router {
  const { runs, temporalUiUrl, temporalNamespace = 'default' } = deps
  const router = Router()
  const ui = temporalUiUrl === null ? null : `${temporalUiUrl}/namespaces/${encodeURIComponent(temporalNamespace)}`

  router.get('/v1/runs', async (request, response) => {
    const parameters = parametersOf(request)
    refuseUnknown(parameters, ['limit'])
    const reports = await runs.list(parseLimit(one(parameters, 'limit'), 20, 200))
    response.json({
      runs: reports.map((report) => {
        const { sources, streams, collections, retention, problems, ...head } = show(report, ui)
        const count = { sources: sources.length, streams: streams.length, problems: problems.length }
        return { ...head, ...count }
      }),
    })
  })

  router.get('/v1/runs/:id', async (request, response) => {
    refuseUnknown(parametersOf(request), [])
    const { id } = request.params
    const report = await runs.one(id)
    if (report === null) {
      const detail = `there is no run "${id}"; GET /v1/runs lists the latest`
      throw new ProblemError({ type: '/problems/not-found', title: 'Not found', status: 404, detail, value: id })
    }
    response.json(show(report, ui))
  })

  return router
}

function show(report: RunReport, ui: string | null) {
  const { id, workflowId, fromMs, toMs, startedMs, endedMs, ...rest } = report
  return {
    run: id,
    workflow: workflowId,
    ...rest,
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    startedAt: new Date(startedMs).toISOString(),
    endedAt: endedMs === null ? null : new Date(endedMs).toISOString(),
    seconds: endedMs === null ? null : (endedMs - startedMs) / 1000,
    temporal: ui === null ? null : `${ui}/workflows/${encodeURIComponent(workflowId)}/${id}`,
  }
}
