import { Router } from 'express'
import { metricsText } from '../../metrics/serving-metrics.js'
import type { Restating } from '../../read/restating.js'
import type { StreamReader } from '../../read/stream-reader.js'
import type { ApiDeps, Serving } from '../api-deps.js'
import { describeLayers } from '../layers.js'
import { ready } from '../ready.js'

/** `GET /healthz`, `/readyz`, `/metrics`, `/v1/layers`. */
export function healthRoutes(deps: ApiDeps): Router {
  const router = Router()
  const { serving, metrics, clock } = deps

  // Alive is alive: what is wrong elsewhere is listed, and restarting this process would not mend it.
  router.get('/healthz', (_request, response) => {
    const now = serving()
    response.json({ alive: true, troubles: now ? troublesOf(now) : ['waiting until the streams are prepared'] })
  })

  router.get('/readyz', (_request, response) => {
    const waiting = waitingFor(serving())
    response.status(waiting.length === 0 ? 200 : 503).json({ ready: waiting.length === 0, waiting })
  })

  router.get('/metrics', (_request, response) => {
    response.type('text/plain; version=0.0.4; charset=utf-8').send(metricsText(serving(), metrics, clock.now()))
  })

  router.get('/v1/layers', (_request, response) => {
    response.json(describeLayers(ready(deps), clock.now(), deps.temporalUiUrl))
  })

  return router
}

/** Streams whose first answer would have to wait. */
export function waitingFor(serving: Serving | null): readonly string[] {
  if (!serving) return ['streams to be prepared']
  return [...serving.readers.streams.values()].flatMap(({ name, watch, mirror }) => {
    if (!watch.known) return [`pointer of stream "${name}"`]
    return mirror.failure || [...mirror.partitions.values()].every(({ complete }) => complete)
      ? []
      : [`copy of stream "${name}"'s hot state`]
  })
}

/** Everything that differs from how it should be, in sentences. */
export function troublesOf({ readers, health, aliases, retention }: Serving): readonly string[] {
  const troubles: string[] = []
  if (health.failure) troubles.push(`the layers' reports cannot be read: ${health.failure.message}`)
  else {
    for (const layer of ['speed', 'worker'] as const) {
      const reports = health.reports.filter((report) => report.layer === layer)
      if (reports.length === 0) troubles.push(`no ${layer} process reports itself`)
    }
    for (const { stream, partition, condition } of health.partitions) {
      if (condition.kind !== 'running')
        troubles.push(
          `stream "${stream}" partition ${partition} is ${condition.kind}${condition.reason ? `: ${condition.reason}` : ''}`,
        )
    }
  }
  troubles.push(...engineTroubles([...readers.streams.values()]))
  for (const { view, streams } of readers.views.values()) {
    for (const stream of streams) {
      const { covered, total } = stream.building(view) ?? { covered: 0, total: 0 }
      if (covered < total)
        troubles.push(
          `view "${view.name}" is building: ${covered} of ${total} sealed offsets of stream "${stream.name}"`,
        )
    }
    const restating = readers.restating(view)
    if (restating !== null) troubles.push(restatingText(restating))
  }
  troubles.push(...retention.troubles())
  if (aliases.failure) troubles.push(`aliases cannot be read from Elasticsearch: ${aliases.failure}`)
  for (const { view, missing, extra } of aliases.differences) {
    troubles.push(
      `the alias of view "${view}" differs from the pointer: ${missing} segments missing, ${extra} no longer in force`,
    )
  }
  return troubles
}

function restatingText({ view, waitsFor, progress, failure }: Restating): string {
  const counts = Object.values(progress).filter((one) => one !== null)
  const [done, of] = [counts.reduce((sum, one) => sum + one.done, 0), counts.reduce((sum, one) => sum + one.of, 0)]
  const state = {
    start: 'the next seal computes it',
    segments: `${done} of ${of} segments computed`,
    'hot-state': 'computed, the speed layer has still to catch up with it',
  }[waitsFor]
  return `view "${view}" is restating, its earlier definition answers: ${state}${failure === null ? '' : `; ${failure}`}`
}

/** One sentence per engine, not one per stream: they fail together. */
function engineTroubles(streams: readonly StreamReader[]): readonly string[] {
  const failing = (of: (stream: StreamReader) => Error | null) => {
    const names = streams.filter((stream) => of(stream)).map(({ name }) => name)
    const first = streams.map(of).find((failure) => failure !== null)
    return first ? { names: names.join(', '), reason: first.message } : null
  }
  const redis = failing(({ mirror }) => mirror.failure)
  const mongo = failing(({ watch }) => watch.failure)
  return [
    ...(redis ? [`hot state of ${redis.names} cannot be read, answers are the snapshot alone: ${redis.reason}`] : []),
    ...(mongo ? [`the pointers of ${mongo.names} cannot be read, answers use the last snapshot: ${mongo.reason}`] : []),
  ]
}
