import { Router } from 'express'
import type { Snapshot } from '../../../core/seam/snapshot.js'
import { epochStartText } from '../../../core/time/epoch-start-text.js'
import { ParameterError } from '../../query/parameter-error.js'
import { showBoundary } from '../../query/provenance.js'
import { one, refuseUnknown } from '../../query/view-query.js'
import type { ApiDeps } from '../api-deps.js'
import { listParameters } from '../lists.js'
import { parametersOf } from '../parameters.js'
import { ready } from '../ready.js'
import { noSnapshot, showDiff, showHeld, snapshotDiff } from '../snapshot-diff.js'

/**
 * `GET /v1/snapshots`, `/v1/snapshots/:id`, `/v1/snapshots/:id/diff`, `/v1/parity`: what the batch layer published or holds,
 * what it changes, and how the layers compared. People decide by `tandem snapshots`.
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
