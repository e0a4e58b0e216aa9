import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface TestRequest {
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** What the site answers; null: the connection is cut. */
export interface TestAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface TestSite {
  readonly url: string
  readonly requests: TestRequest[]
  /** Paths asked for, robots.txt left out. */
  readonly paths: () => readonly string[]
  close(): Promise<void>
}

/** A site that answers as a test says. */
export async function openTestSite(
  answer: (request: TestRequest, count: number) => TestAnswer | null | Promise<TestAnswer | null>,
): Promise<TestSite> {
  const requests: TestRequest[] = []
  const server = createServer(async (request, response) => {
    const asked = { path: request.url ?? '/', headers: request.headers }
    requests.push(asked)
    const given = await answer(asked, requests.length)
    if (given === null) return void response.destroy()
    response.writeHead(given.status ?? 200, given.headers)
    response.end(given.body ?? '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    paths: () => requests.map(({ path }) => path).filter((path) => path !== '/robots.txt'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
