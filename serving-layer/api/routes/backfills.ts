import { Router } from 'express'
import { z } from 'zod'
import { BACKFILL_CHOICES, BACKFILL_ORDERS, MAX_BACKFILL_CONCURRENCY } from '../../../core/seam/restatement.js'
import { epochOfText } from '../../../core/time/epoch-start-text.js'
import type { BackfillShown } from '../../operations.js'
import { refuseUnknown } from '../../query/view-query.js'
import type { StreamReader } from '../../read/stream-reader.js'
import type { ApiDeps, Serving } from '../api-deps.js'
import { invalid, parseBody, readBody, refuseOtherSites } from '../json-body.js'
import { listParameters } from '../lists.js'
import { parametersOf } from '../parameters.js'
import { notFound, ProblemError } from '../problem.js'
import { ready, streamNamed, viewNamed } from '../ready.js'

const Asked = z.strictObject({
  view: z.string().optional(),
  stream: z.string().optional(),
  from: z.union([z.string(), z.int().nonnegative()]).optional(),
  to: z.union([z.string(), z.int().nonnegative()]).optional(),
  only: z.enum(BACKFILL_CHOICES).default('all'),
  dryRun: z.boolean().default(false),
  concurrency: z.int().min(1).max(MAX_BACKFILL_CONCURRENCY).default(1),
})
const Nothing = z.strictObject({})

/**
 * `POST /v1/backfills`, `GET /v1/backfills[/:run]`, `POST /v1/backfills/:run/pause|resume|cancel`: history computed again, in
 * the words of `tandem backfill`.
 */
export function backfillRoutes(deps: ApiDeps): Router {
  const router = Router()
  const { operations } = deps

  router.post('/v1/backfills', refuseOtherSites, readBody, async (request, response) => {
    const serving = ready(deps)
    refuseUnknown(parametersOf(request), [])
    const { view, stream, from, to, ...rest } = parseBody(request.body, Asked)
    const backfills: { readonly run: string; readonly stream: string; readonly view: string | null }[] = []
    for (const { name, epochMs } of streamsOf(deps, serving, { view, stream })) {
      const run = await operations.startBackfill({
        stream: name,
        ...rest,
        ...(view === undefined ? {} : { view }),
        ...(from === undefined ? {} : { fromEpoch: epochOf(from, epochMs, 'from') }),
        ...(to === undefined ? {} : { toEpoch: epochOf(to, epochMs, 'to') }),
      })
      backfills.push({ run, stream: name, view: view ?? null })
    }
    const [first] = backfills
    if (backfills.length === 1 && first) response.location(`/v1/backfills/${encodeURIComponent(first.run)}`)
    response.status(202).json({ backfills })
  })

  router.get('/v1/backfills', async (request, response) => {
    const { stream, limit } = listParameters(request, ready(deps), [], { otherwise: 20, max: 200 })
    const found = await operations.backfills({ limit, ...(stream === undefined ? {} : { stream }) })
    response.json({ backfills: found.map(show) })
  })

  router.get('/v1/backfills/:run', async (request, response) => {
    refuseUnknown(parametersOf(request), [])
    response.json(show(await existing(request.params.run)))
  })

  for (const order of BACKFILL_ORDERS)
    router.post(`/v1/backfills/:run/${order}`, refuseOtherSites, readBody, async (request, response) => {
      refuseUnknown(parametersOf(request), [])
      parseBody(request.body, Nothing)
      const { run } = await existing(request.params.run as string)
      response.json({ run, ...(await operations.orderBackfill(run, order)) })
    })

  async function existing(run: string): Promise<BackfillShown> {
    const found = await operations.backfill(run)
    if (found !== null) return found
    const detail = `there is no backfill "${run}"; GET /v1/backfills lists the latest`
    throw new ProblemError({ type: '/problems/not-found', title: 'Not found', status: 404, detail, value: run })
  }

  return router
}

/** The streams that feed a view, or the one that is named for all of its views. A ledger is no view that one restates alone. */
function streamsOf(
  { catalog }: ApiDeps,
  serving: Serving,
  { view, stream }: Pick<z.infer<typeof Asked>, 'view' | 'stream'>,
): readonly StreamReader[] {
  if (stream !== undefined && view === undefined) return [streamNamed(serving, stream)]
  if (view === undefined || stream !== undefined) throw invalid('name either a view or a stream', 'view')
  if (!catalog.views.has(view)) throw notFound('view', view, catalog.views.keys())
  return viewNamed(serving, view).streams
}

function epochOf(given: string | number, epochMs: number, name: string): number {
  try {
    return epochOfText(`${given}`, epochMs)
  } catch (error) {
    throw invalid(`${name}: ${error instanceof Error ? error.message : String(error)}`, name)
  }
}

function show({ startedMs, endedMs, ...shown }: BackfillShown) {
  return {
    ...shown,
    startedAt: new Date(startedMs).toISOString(),
    endedAt: endedMs === null ? null : new Date(endedMs).toISOString(),
  }
}
