/**
 * Where the engines are, as plain data: it goes to layers in other processes as JSON, so it holds no functions, no
 * file handles and no paths. Certificates and keys are PEM text. Passwords are in it: write it to no log.
 */
export interface Connections {
  readonly kafka: KafkaConnection
  readonly redis: RedisConnection
  readonly mongo: MongoConnection
  readonly search: SearchConnection
  readonly temporal: TemporalConnection
}

export interface KafkaConnection {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[]
  /** True for TLS with the system's authorities; an object for one's own. Absent: no TLS. */
  readonly ssl?: true | TlsMaterial
  readonly sasl?: KafkaSasl
}

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly username: string
  readonly password: string
}

export interface RedisConnection {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://…` for TLS. */
  readonly url: string
  /** Only with `rediss://`: one's own authority or client certificate. */
  readonly tls?: TlsMaterial
}

export interface MongoConnection {
  /** `mongodb://…` or `mongodb+srv://…`; credentials and `directConnection` inside. */
  readonly url: string
  /** The database that holds everything of this installation. */
  readonly database: string
  /** One's own authority or client certificate; `tls=true` itself is said in the URL. */
  readonly tls?: TlsMaterial
}

export interface SearchConnection {
  /** `http(s)://host:port`, without credentials. */
  readonly url: string
  /** Decides the client's transport: OpenSearch refuses Elasticsearch's own headers. */
  readonly flavour: 'elasticsearch' | 'opensearch'
  readonly auth?: { readonly username: string; readonly password: string } | { readonly apiKey: string }
  readonly tls?: TlsMaterial
}

export interface TemporalConnection {
  /** `host:port` of the gRPC front end. */
  readonly address: string
  readonly namespace: string
  /** The web UI, for people. */
  readonly uiUrl?: string
  /** True for TLS with the system's authorities. Absent: no TLS. */
  readonly tls?: true | TlsMaterial
  readonly apiKey?: string
}

/** PEM text. `cert` and `key` come together. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}
