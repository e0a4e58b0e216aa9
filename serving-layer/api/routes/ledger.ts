import { Router } from 'express'
import { epochStartText } from '../../../core/time/epoch-start-text.js'
import { ledgerOf } from '../../query/ledger.js'
import type { ApiDeps } from '../api-deps.js'
import { listParameters } from '../lists.js'
import { ready } from '../ready.js'

/** `GET /v1/ledger`: per partition and epoch what was read, and whether both layers say the same. */
export function ledgerRoutes(deps: ApiDeps): Router {
  const router = Router()
  router.get('/v1/ledger', async (request, response) => {
    const serving = ready(deps)
    const { stream, limit } = listParameters(request, serving, [], { otherwise: 200, max: 5_000 })
    const entries = await deps.warm.ledger({ limit, ...(stream === undefined ? {} : { stream }) })
    const readers = [...serving.readers.streams.values()].filter(({ name }) => stream === undefined || name === stream)
    const askedMs = deps.clock.now()
    await Promise.all(readers.map((reader) => reader.readyMirror(askedMs)))
    const rows = readers.flatMap((reader) =>
      ledgerOf(reader, serving.readers.cells, entries, entries.length >= limit).map((row) => ({
        ...row,
        epoch: epochStartText(row.epoch, reader.epochMs),
      })),
    )
    rows.sort((a, b) =>
      a.epoch < b.epoch
        ? 1
        : a.epoch > b.epoch
          ? -1
          : a.stream < b.stream
            ? -1
            : a.stream > b.stream
              ? 1
              : a.partition - b.partition,
    )
    const ledger = rows.slice(0, limit)
    response.json({ ledger, unbalanced: ledger.filter((row) => !row.balanced).length })
  })
  return router
}
