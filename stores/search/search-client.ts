import { Client, type ClientOptions, Transport } from '@elastic/elasticsearch'
import type { SearchConnection } from '../connections.js'
import type { CompiledSearchOptions } from './search-options.js'

type TransportOptions = ConstructorParameters<typeof Transport>[0]

/** OpenSearch refuses Elasticsearch's own media types and does not say that it is Elasticsearch. */
class OpenSearchTransport extends Transport {
  constructor(options: TransportOptions) {
    super({
      ...options,
      // undefined would leave the check on
      productCheck: null as unknown as undefined,
      vendoredHeaders: {
        jsonContentType: 'application/json',
        ndjsonContentType: 'application/x-ndjson',
        accept: 'application/json',
      },
    } as TransportOptions)
  }
}

/** The client for the flavour that the connection names; it retries nothing by itself. */
export function searchClient(connection: SearchConnection, { requestTimeoutMs }: CompiledSearchOptions): Client {
  const { url, auth, tls, flavour } = connection
  const options: ClientOptions = {
    node: url,
    requestTimeout: requestTimeoutMs,
    maxRetries: 0,
    ...(auth ? { auth } : {}),
    ...(tls ? { tls } : {}),
    ...(flavour === 'opensearch' ? { Transport: OpenSearchTransport as never, enableMetaHeader: false } : {}),
  }
  return new Client(options)
}
