import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import type { Connections, TlsMaterial } from '../../../stores/connections.js'
import { EngineError } from '../engine-error.js'

/** An unset variable and an empty one are the same. */
const text = z.preprocess((value) => (value === '' ? undefined : value), z.string().optional())
const flag = z.preprocess(
  (value) => (value === '' || value === undefined ? 'false' : value),
  z.enum(['true', 'false', '1', '0']).transform((value) => value === 'true' || value === '1'),
)
const address = /^[^\s:/,]+:\d{1,5}$/
const required = (shape: string): z.ZodString => z.string({ error: `it must be set, as ${shape}` })

const Variables = z.object({
  TANDEM_KAFKA_BROKERS: required('host:port[,host:port…]')
    .transform((value) => value.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().regex(address, 'each broker must be host:port'))),
  TANDEM_KAFKA_TLS: flag,
  TANDEM_KAFKA_TLS_CA: text,
  TANDEM_KAFKA_TLS_CERT: text,
  TANDEM_KAFKA_TLS_KEY: text,
  TANDEM_KAFKA_SASL_MECHANISM: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
  ),
  TANDEM_KAFKA_SASL_USERNAME: text,
  TANDEM_KAFKA_SASL_PASSWORD: text,
  TANDEM_REDIS_URL: required('redis://host:port or rediss://user:password@host:port').regex(
    /^rediss?:\/\/\S+$/,
    'it must begin with redis:// or rediss://',
  ),
  TANDEM_REDIS_TLS_CA: text,
  TANDEM_REDIS_TLS_CERT: text,
  TANDEM_REDIS_TLS_KEY: text,
  TANDEM_MONGO_URL: required('mongodb://… or mongodb+srv://…').regex(
    /^mongodb(\+srv)?:\/\/\S+$/,
    'it must begin with mongodb:// or mongodb+srv://',
  ),
  TANDEM_MONGO_DATABASE: text,
  TANDEM_MONGO_TLS_CA: text,
  TANDEM_MONGO_TLS_CERT: text,
  TANDEM_MONGO_TLS_KEY: text,
  TANDEM_SEARCH_URL: required('http(s)://host:port').regex(
    /^https?:\/\/[^\s@]+$/,
    'it must be http(s)://host:port, without credentials',
  ),
  TANDEM_SEARCH_FLAVOUR: z.preprocess(
    (value) => (value === '' ? undefined : value),
    z.enum(['elasticsearch', 'opensearch']).default('elasticsearch'),
  ),
  TANDEM_SEARCH_USERNAME: text,
  TANDEM_SEARCH_PASSWORD: text,
  TANDEM_SEARCH_API_KEY: text,
  TANDEM_SEARCH_TLS_CA: text,
  TANDEM_SEARCH_TLS_CERT: text,
  TANDEM_SEARCH_TLS_KEY: text,
  TANDEM_TEMPORAL_ADDRESS: required('host:port').regex(address, 'it must be host:port'),
  TANDEM_TEMPORAL_NAMESPACE: text,
  TANDEM_TEMPORAL_UI_URL: text,
  TANDEM_TEMPORAL_API_KEY: text,
  TANDEM_TEMPORAL_TLS: flag,
  TANDEM_TEMPORAL_TLS_CA: text,
  TANDEM_TEMPORAL_TLS_CERT: text,
  TANDEM_TEMPORAL_TLS_KEY: text,
})
type Variables = z.infer<typeof Variables>

/** The variables of which any one means "I bring my own engines". */
export const EXTERNAL_VARIABLES = [
  'TANDEM_KAFKA_BROKERS',
  'TANDEM_REDIS_URL',
  'TANDEM_MONGO_URL',
  'TANDEM_SEARCH_URL',
  'TANDEM_TEMPORAL_ADDRESS',
] as const

/**
 * Connections from the environment. The `…_TLS_CA`, `…_CERT` and `…_KEY` variables hold paths of PEM files. Throws
 * `EngineError` naming each variable that is missing or wrong; values are not repeated, as they may be secrets.
 */
export async function connectionsFromEnv(env: NodeJS.ProcessEnv): Promise<Connections> {
  const parsed = Variables.safeParse(env)
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path[0] as string}: ${issue.message}`)
    throw new EngineError(`The engines' addresses in the environment are not complete: ${faults.join('; ')}.`)
  }
  const v = parsed.data
  const [kafkaTls, redisTls, mongoTls, searchTls, temporalTls] = await Promise.all([
    tlsMaterial('TANDEM_KAFKA', v),
    tlsMaterial('TANDEM_REDIS', v),
    tlsMaterial('TANDEM_MONGO', v),
    tlsMaterial('TANDEM_SEARCH', v),
    tlsMaterial('TANDEM_TEMPORAL', v),
  ])
  const ssl = kafkaTls ?? (v.TANDEM_KAFKA_TLS ? true : undefined)
  const temporalSecurity = temporalTls ?? (v.TANDEM_TEMPORAL_TLS || v.TANDEM_TEMPORAL_API_KEY ? true : undefined)
  return {
    kafka: { brokers: v.TANDEM_KAFKA_BROKERS, ...given('ssl', ssl), ...given('sasl', kafkaSasl(v)) },
    redis: { url: v.TANDEM_REDIS_URL, ...given('tls', redisTls) },
    mongo: { url: v.TANDEM_MONGO_URL, database: v.TANDEM_MONGO_DATABASE ?? 'tandem', ...given('tls', mongoTls) },
    search: {
      url: v.TANDEM_SEARCH_URL,
      flavour: v.TANDEM_SEARCH_FLAVOUR,
      ...given('auth', searchAuth(v)),
      ...given('tls', searchTls),
    },
    temporal: {
      address: v.TANDEM_TEMPORAL_ADDRESS,
      namespace: v.TANDEM_TEMPORAL_NAMESPACE ?? 'default',
      ...given('uiUrl', v.TANDEM_TEMPORAL_UI_URL),
      ...given('apiKey', v.TANDEM_TEMPORAL_API_KEY),
      ...given('tls', temporalSecurity),
    },
  }
}

function kafkaSasl(v: Variables): Connections['kafka']['sasl'] {
  const {
    TANDEM_KAFKA_SASL_MECHANISM: mechanism,
    TANDEM_KAFKA_SASL_USERNAME: username,
    TANDEM_KAFKA_SASL_PASSWORD: password,
  } = v
  if (!mechanism && !username && !password) return undefined
  if (username === undefined || password === undefined)
    throw new EngineError('TANDEM_KAFKA_SASL_USERNAME and TANDEM_KAFKA_SASL_PASSWORD must be set together.')
  return { mechanism: mechanism ?? 'plain', username, password }
}

function searchAuth(v: Variables): Connections['search']['auth'] {
  const { TANDEM_SEARCH_API_KEY: apiKey, TANDEM_SEARCH_USERNAME: username, TANDEM_SEARCH_PASSWORD: password } = v
  if (apiKey !== undefined) return { apiKey }
  if (username === undefined && password === undefined) return undefined
  if (username === undefined || password === undefined)
    throw new EngineError('TANDEM_SEARCH_USERNAME and TANDEM_SEARCH_PASSWORD must be set together.')
  return { username, password }
}

async function tlsMaterial(
  prefix: 'TANDEM_KAFKA' | 'TANDEM_REDIS' | 'TANDEM_MONGO' | 'TANDEM_SEARCH' | 'TANDEM_TEMPORAL',
  v: Variables,
): Promise<TlsMaterial | undefined> {
  const [ca, cert, key] = await Promise.all(
    (['_TLS_CA', '_TLS_CERT', '_TLS_KEY'] as const).map((part) => pem(`${prefix}${part}`, v[`${prefix}${part}`])),
  )
  if ((cert === undefined) !== (key === undefined))
    throw new EngineError(`${prefix}_TLS_CERT and ${prefix}_TLS_KEY must be set together.`)
  if (ca === undefined && cert === undefined) return undefined
  return { ...given('ca', ca), ...given('cert', cert), ...given('key', key) }
}

async function pem(variable: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new EngineError(`${variable} names ${path}, which cannot be read.`, [], { cause: error })
  })
  if (!content.includes('-----BEGIN ')) throw new EngineError(`${variable} names ${path}, which is not a PEM file.`)
  return content
}

/** A property only where there is a value, so that the result reads as it would be written by hand. */
function given<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V })
}
