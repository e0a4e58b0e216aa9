import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { RunReport } from '../../stores/warm/run-reports.js'
import { sendSlackReport, slackText } from './slack-report.js'

const REPORT: RunReport = {
  id: 'r1',
  workflowId: 'refresh-2024-02-24T17:00:00Z',
  kind: 'refresh',
  pipeline: 'all',
  reason: 'schedule',
  week: '2024-02-25',
  fromMs: 0,
  toMs: 604_800_000,
  startedMs: 1_000,
  endedMs: 43_000,
  status: 'held',
  sources: [],
  streams: [],
  collections: [],
  retention: null,
  views: 3,
  changedWindows: 1,
  problems: ['stream "clicks" is held: <40> of 100 windows change'],
}

let server: Server | null = null
afterEach(() => server?.close())

async function slack(status: number): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = []
  server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    bodies.push(body)
    response.writeHead(status).end(status === 200 ? 'ok' : 'no_service')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/secret`, bodies }
}

test('a report says status, counts and problems in a few lines', async () => {
  const { url, bodies } = await slack(200)
  await sendSlackReport(url, REPORT)
  expect(JSON.parse(bodies[0] as string)).toEqual({ text: slackText(REPORT) })
  expect(slackText(REPORT)).toBe(
    [
      'Tandem refresh of all, week of 2024-02-25: *held* in 42 s',
      '0 sources (0 items new or changed), 0 records recomputed into 3 views, 1 window changed',
      '• stream "clicks" is held: &lt;40&gt; of 100 windows change',
      'run r1',
    ].join('\n'),
  )
  const many = slackText({ ...REPORT, problems: Array.from({ length: 12 }, (_, n) => `problem ${n}`) })
  expect(many).toContain('• problem 9\n… and 2 more\nrun r1')
})

test('a channel that refuses is told without the address, which is a secret', async () => {
  const { url } = await slack(404)
  const failure = await sendSlackReport(url, REPORT).then(
    () => null,
    (error: Error) => error,
  )
  expect(failure?.message).toMatch(/^Slack did not take the report: /)
  expect(failure?.message).not.toContain('secret')
})
