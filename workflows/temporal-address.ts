import type { TemporalConnection } from '../stores/connections.js'

/** Connection options of the SDK, the same for clients and workers. */
export interface TemporalAddress {
  readonly address: string
  readonly tls?: true | { serverRootCACertificate?: Buffer; clientCertPair?: { crt: Buffer; key: Buffer } }
  readonly apiKey?: string
}

export function temporalAddress({ address, tls, apiKey }: TemporalConnection): TemporalAddress {
  const options: { -readonly [K in keyof TemporalAddress]: TemporalAddress[K] } = { address }
  if (tls === true) options.tls = true
  else if (tls !== undefined) {
    options.tls = {
      ...(tls.ca === undefined ? {} : { serverRootCACertificate: Buffer.from(tls.ca) }),
      ...(tls.cert === undefined || tls.key === undefined
        ? {}
        : { clientCertPair: { crt: Buffer.from(tls.cert), key: Buffer.from(tls.key) } }),
    }
  }
  if (apiKey !== undefined) options.apiKey = apiKey
  return options
}
