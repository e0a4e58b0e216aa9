import { Router } from 'express'
import { z } from 'zod'
import { SNAPSHOT_ACTIONS } from '../../../core/seam/restatement.js'
import type { Snapshot } from '../../../core/seam/snapshot.js'
import { epochStartText } from '../../../core/time/epoch-start-text.js'
import { NoReplyError, within } from '../../mirror/within.js'
import { ParameterError } from '../../query/parameter-error.js'
import { showBoundary } from '../../query/provenance.js'
import { one, refuseUnknown } from '../../query/view-query.js'
import type { ApiDeps } from '../api-deps.js'
import { parseBody, readBody, refuseOtherSites } from '../json-body.js'
import { listParameters } from '../lists.js'
import { parametersOf } from '../parameters.js'
import { ready } from '../ready.js'
import { noSnapshot, showDiff, showHeld, snapshotDiff } from '../snapshot-diff.js'

/** A rollback behind a compaction computes from the lake: whoever asks is not kept waiting for ever. */
const DECIDED_WITHIN_MS = 30_000
const Decision = z.strictObject({ reason: z.string().min(1).max(200).default('manual') })

/**
 * `GET /v1/snapshots`, `/v1/snapshots/:id`, `/v1/snapshots/:id/diff`, `/v1/parity`: what the batch layer published or holds,
 * what it changes, and how the layers compared. `POST /v1/snapshots/:id/rollback|approve|reject`: a person decides.
 */
export function snapshotRoutes(deps: ApiDeps): Router {
  const router = Router()
  const { warm } = deps

  router.get('/v1/snapshots', async (request, response) => {
    const serving = ready(deps)
    const { stream, limit } = listParameters(request, serving, [], { otherwise: 20, max: 200 })
    const streams = stream === undefined ? [...serving.readers.streams.keys()] : [stream]
    const lists = await Promise.all(
      streams.map(async (name) => {
        const [pointer, snapshots] = await Promise.all([warm.pointer(name), warm.snapshots(name, limit)])
        return snapshots.map((snapshot) => ({ ...show(snapshot), inForce: pointer?.snapshot === snapshot.id }))
      }),
    )
    const snapshots = lists
      .flat()
      .sort((a, b) =>
        a.publishedAt < b.publishedAt ? 1 : a.publishedAt > b.publishedAt ? -1 : b.sequence - a.sequence,
      )
    const held = await warm.heldSnapshots({ state: 'held', limit, ...(stream === undefined ? {} : { stream }) })
    response.json({ snapshots: snapshots.slice(0, limit), held: held.map(showHeld) })
  })

  router.get('/v1/snapshots/:id', async (request, response) => {
    ready(deps)
    refuseUnknown(parametersOf(request), [])
    const { id } = request.params
    const [snapshot, held] = await Promise.all([warm.snapshot(id), warm.held(id)])
    if (snapshot === null && held === null) throw noSnapshot(id)
    const pointer = snapshot === null ? null : await warm.pointer(snapshot.stream)
    response.json({
      ...(snapshot === null ? {} : { ...show(snapshot), inForce: pointer?.snapshot === id, imports: snapshot.imports }),
      ...(held === null ? {} : showHeld(held)),
    })
  })

  router.get('/v1/snapshots/:id/diff', async (request, response) => {
    const serving = ready(deps)
    const parameters = parametersOf(request)
    refuseUnknown(parameters, ['with'])
    response.json(showDiff(await snapshotDiff(deps, serving, request.params.id, one(parameters, 'with'))))
  })

  for (const action of SNAPSHOT_ACTIONS)
    router.post(`/v1/snapshots/:id/${action}`, refuseOtherSites, readBody, async (request, response) => {
      ready(deps)
      refuseUnknown(parametersOf(request), [])
      const { reason } = parseBody(request.body, Decision)
      const id = request.params.id as string
      const [snapshot, held] = await Promise.all([warm.snapshot(id), warm.held(id)])
      if (snapshot === null && held === null) throw noSnapshot(id)
      const { run, result } = await deps.operations.decideSnapshot(action, id, reason)
      const decided = await within(DECIDED_WITHIN_MS, `${action} of snapshot ${id}`, result()).catch(nullIfLate)
      if (decided === null) response.status(202).json({ action, run, state: 'running' })
      else response.json({ action, run, ...decided })
    })

  router.get('/v1/parity', async (request, response) => {
    const serving = ready(deps)
    const { parameters, stream, limit } = listParameters(request, serving, ['view'], { otherwise: 100, max: 1_000 })
    const view = one(parameters, 'view')
    if (view !== undefined && !serving.readers.views.has(view)) {
      throw new ParameterError('view', view, `one of the views ${[...serving.readers.views.keys()].join(', ')}`)
    }
    const results = await warm.parity({
      limit,
      ...(stream === undefined ? {} : { stream }),
      ...(view === undefined ? {} : { view }),
    })
    response.json({
      parity: results.map(({ fromEpoch, toEpoch, comparedAtMs, ...result }) => {
        const epochMs = serving.readers.streams.get(result.stream)?.epochMs
        const show = (epoch: number) => (epochMs === undefined ? String(epoch) : epochStartText(epoch, epochMs))
        return {
          ...result,
          fromEpoch: show(fromEpoch),
          toEpoch: show(toEpoch),
          comparedAt: new Date(comparedAtMs).toISOString(),
        }
      }),
    })
  })

  return router
}

/** It goes on without the one who asked. */
function nullIfLate(error: unknown): null {
  if (error instanceof NoReplyError) return null
  throw error
}

function show({ id, stream, sequence, base, reason, publishedAtMs, epochMs, boundary, views, segments }: Snapshot) {
  const count = new Map<string, { segments: number; cells: number }>()
  for (const { view, cells } of segments) {
    const held = count.get(view) ?? { segments: 0, cells: 0 }
    count.set(view, { segments: held.segments + 1, cells: held.cells + cells })
  }
  return {
    id,
    stream,
    sequence,
    base,
    reason,
    publishedAt: new Date(publishedAtMs).toISOString(),
    boundary: showBoundary(boundary, epochMs),
    views: views.map(({ name, building }) => ({ name, building, ...(count.get(name) ?? { segments: 0, cells: 0 }) })),
    segments: segments.length,
  }
}
