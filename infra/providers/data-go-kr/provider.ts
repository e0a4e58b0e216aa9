import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gatewayError, type ProviderAnswer, serviceError } from './answers.js'
import { type ProviderData, SERVICES } from './services.js'

/** A request as it came. */
export interface ProviderRequest {
  readonly path: string
  readonly query: URLSearchParams
}

export interface ProviderOptions extends ProviderData {
  /** 0: any free port. @default 0 */
  readonly port?: number
  /** Requests that it answers before it says that the day's are used up (22). @default no bound */
  readonly perDay?: number
  /** Code of an error to answer with in place of the service, or an answer; null: as usual. For tests. */
  readonly trouble?: (request: ProviderRequest, count: number) => string | ProviderAnswer | null
}

export interface Provider {
  readonly url: string
  /** So far, oldest first. */
  readonly requests: readonly ProviderRequest[]
  close(): Promise<void>
}

/** Keys that are refused, so that each refusal can be tried by hand. Any other key is good. */
const REFUSED_KEYS: Readonly<Record<string, string>> = {
  denied: '20',
  'used-up': '22',
  unregistered: '30',
  expired: '31',
  'wrong-ip': '32',
}
/** Said by the gateway, before the services: keys and quota. */
const OF_GATEWAY = new Set(['20', '22', '30', '31', '32'])
const KEPT_REQUESTS = 100_000

/**
 * The open-data provider's contract over HTTP, errors included, on the local interface: so that everything runs without a
 * key. Errors come with status 200, as they do there.
 */
export async function startDataGoKr(options: ProviderOptions): Promise<Provider> {
  const requests: ProviderRequest[] = []
  let count = 0
  const server = createServer((request, response) => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', 'http://local')
    const asked = { path, query }
    if (requests.length < KEPT_REQUESTS) requests.push(asked)
    send(request, response, answer(options, asked, ++count))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answer(options: ProviderOptions, request: ProviderRequest, count: number): ProviderAnswer {
  const key = request.query.get('serviceKey')
  const refused = key === null || key === '' ? '30' : REFUSED_KEYS[key]
  if (refused !== undefined) return gatewayError(refused)
  if (count > (options.perDay ?? Number.POSITIVE_INFINITY)) return gatewayError('22')
  const trouble = options.trouble?.(request, count) ?? null
  if (typeof trouble === 'string') return OF_GATEWAY.has(trouble) ? gatewayError(trouble) : serviceError(trouble)
  if (trouble !== null) return trouble
  return SERVICES[request.path]?.(options, request.query) ?? gatewayError('12')
}

function send(_: IncomingMessage, response: ServerResponse, { contentType, body }: ProviderAnswer): void {
  response.writeHead(200, { 'content-type': contentType })
  response.end(body)
}
