import type { Connections } from '../../stores/connections.js'
import type { EngineName } from './engines.js'
import { type Probe, probeKafka, probeRedis, probeSearch, probeTcp, probeTemporal } from './probe.js'

export type ServedEngine = Exclude<EngineName, 'prometheus'>

export interface EngineAddress {
  readonly name: ServedEngine
  readonly host: string
  readonly port: number
  readonly probe: Probe
}

const DEFAULT_PORTS = { kafka: 9092, redis: 6379, mongo: 27017, search: 9200, temporal: 7233 } as const

/** Where each engine of some connections is, with the question that fits its transport: behind TLS only "does it accept". */
export function addressesOf(connections: Connections): readonly EngineAddress[] {
  const { kafka, redis, mongo, search, temporal } = connections
  const searchUrl = new URL(search.url)
  const searchPort = searchUrl.port || (searchUrl.protocol === 'https:' ? '443' : '80')
  return [
    at('kafka', kafka.brokers[0] ?? '', kafka.ssl ? probeTcp : probeKafka),
    at('redis', new URL(redis.url).host, redis.url.startsWith('rediss:') ? probeTcp : probeRedis),
    at('mongo', firstMongoHost(mongo.url), probeTcp),
    at('search', `${searchUrl.hostname}:${searchPort}`, searchUrl.protocol === 'https:' ? probeTcp : probeSearch),
    at('temporal', temporal.address, temporal.tls ? probeTcp : probeTemporal(temporal.namespace)),
  ]
}

function at(name: ServedEngine, hostAndPort: string, probe: Probe): EngineAddress {
  const [, host, port] = /^(.*?)(?::(\d+))?$/.exec(hostAndPort) ?? []
  return { name, host: host ?? '', port: port ? Number(port) : DEFAULT_PORTS[name], probe }
}

/** `new URL` refuses several hosts, which a replica set has. */
function firstMongoHost(url: string): string {
  const authority = url.replace(/^mongodb(\+srv)?:\/\//, '').split(/[/?]/, 1)[0] ?? ''
  return authority.slice(authority.lastIndexOf('@') + 1).split(',', 1)[0] ?? ''
}
