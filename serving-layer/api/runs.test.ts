import { afterEach, beforeEach, expect, test } from 'vitest'
import type { RunReport } from '../../stores/warm/run-reports.js'
import { shop } from '../testing/definitions.js'
import { openApi } from '../testing/open-api.js'
import { World } from '../testing/world.js'

const REPORT: RunReport = {
  id: 'r1',
  workflowId: 'refresh-2024-02-24T17:00:00Z',
  kind: 'refresh',
  pipeline: 'all',
  reason: 'schedule',
  week: '2024-02-25',
  fromMs: Date.UTC(2024, 1, 17, 17),
  toMs: Date.UTC(2024, 1, 24, 17),
  startedMs: Date.UTC(2024, 1, 24, 17),
  endedMs: Date.UTC(2024, 1, 24, 17, 1),
  status: 'held',
  sources: [],
  streams: [],
  collections: [],
  retention: null,
  views: 3,
  changedWindows: 1,
  problems: ['stream "clicks" is held: 40 of 100 windows change'],
}

let api: Awaited<ReturnType<typeof openApi>>
beforeEach(async () => {
  const world = new World(shop)
  await world.begin()
  api = await openApi(world, { reports: [REPORT, { ...REPORT, id: 'r0', endedMs: null, status: 'running' }] })
})
afterEach(() => api.close())

test('runs are listed with their counts, one is shown whole', async () => {
  const { status, body } = await api.get('/v1/runs?limit=1')
  expect(status).toBe(200)
  expect(body.runs).toEqual([
    expect.objectContaining({ run: 'r1', week: '2024-02-25', status: 'held', seconds: 60, problems: 1, sources: 0 }),
  ])
  expect((await api.get('/v1/runs')).body.runs[1]).toMatchObject({
    run: 'r0',
    status: 'running',
    endedAt: null,
    seconds: null,
  })
  expect((await api.get('/v1/runs/r1')).body).toMatchObject({
    workflow: 'refresh-2024-02-24T17:00:00Z',
    from: '2024-02-17T17:00:00.000Z',
    to: '2024-02-24T17:00:00.000Z',
    problems: ['stream "clicks" is held: 40 of 100 windows change'],
  })
})

test('what is not there, or no parameter, is told in words', async () => {
  const missing = await api.get('/v1/runs/r9')
  expect([missing.status, missing.body.detail]).toEqual([404, 'there is no run "r9"; GET /v1/runs lists the latest'])
  expect((await api.get('/v1/runs?limit=none')).status).toBe(400)
  expect((await api.get('/v1/runs/r1?x=1')).status).toBe(400)
})
