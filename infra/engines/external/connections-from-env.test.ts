import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connectionsFromEnv } from './connections-from-env.js'

const plain = {
  TANDEM_KAFKA_BROKERS: 'a:9092, b:9092',
  TANDEM_REDIS_URL: 'redis://cache:6379',
  TANDEM_MONGO_URL: 'mongodb://db:27017/?replicaSet=rs0',
  TANDEM_SEARCH_URL: 'http://search:9200',
  TANDEM_TEMPORAL_ADDRESS: 'temporal:7233',
}

let folder: string
const pem = (name: string) => join(folder, name)
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-pem-'))
  for (const name of ['ca', 'cert', 'key']) await writeFile(pem(name), `-----BEGIN ${name}-----\n`)
})
afterEach(() => rm(folder, { recursive: true }))

test('five addresses are enough', async () => {
  expect(await connectionsFromEnv(plain)).toEqual({
    kafka: { brokers: ['a:9092', 'b:9092'] },
    redis: { url: 'redis://cache:6379' },
    mongo: { url: 'mongodb://db:27017/?replicaSet=rs0', database: 'tandem' },
    search: { url: 'http://search:9200', flavour: 'elasticsearch' },
    temporal: { address: 'temporal:7233', namespace: 'default' },
  })
})

test('TLS and credentials of every engine come through', async () => {
  const connections = await connectionsFromEnv({
    ...plain,
    TANDEM_KAFKA_TLS: 'true',
    TANDEM_KAFKA_SASL_MECHANISM: 'scram-sha-512',
    TANDEM_KAFKA_SASL_USERNAME: 'u',
    TANDEM_KAFKA_SASL_PASSWORD: 'p',
    TANDEM_REDIS_URL: 'rediss://u:p@cache:6380',
    TANDEM_REDIS_TLS_CA: pem('ca'),
    TANDEM_MONGO_URL: 'mongodb+srv://u:p@db.example/',
    TANDEM_MONGO_DATABASE: 'mine',
    TANDEM_SEARCH_FLAVOUR: 'opensearch',
    TANDEM_SEARCH_USERNAME: 'u',
    TANDEM_SEARCH_PASSWORD: 'p',
    TANDEM_TEMPORAL_NAMESPACE: 'space',
    TANDEM_TEMPORAL_TLS_CERT: pem('cert'),
    TANDEM_TEMPORAL_TLS_KEY: pem('key'),
  })
  expect(connections).toEqual({
    kafka: {
      brokers: ['a:9092', 'b:9092'],
      ssl: true,
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' },
    },
    redis: { url: 'rediss://u:p@cache:6380', tls: { ca: '-----BEGIN ca-----\n' } },
    mongo: { url: 'mongodb+srv://u:p@db.example/', database: 'mine' },
    search: { url: 'http://search:9200', flavour: 'opensearch', auth: { username: 'u', password: 'p' } },
    temporal: {
      address: 'temporal:7233',
      namespace: 'space',
      tls: { cert: '-----BEGIN cert-----\n', key: '-----BEGIN key-----\n' },
    },
  })
  expect(JSON.parse(JSON.stringify(connections))).toEqual(connections)
})

test('what is missing or wrong is named by its variable, without its value', async () => {
  const { TANDEM_MONGO_URL: _, ...rest } = plain
  const error = await connectionsFromEnv({ ...rest, TANDEM_REDIS_URL: 'http://secret@cache' }).catch(
    (e: Error) => e.message,
  )
  expect(error).toContain('TANDEM_MONGO_URL: it must be set, as mongodb://')
  expect(error).toContain('TANDEM_REDIS_URL: it must begin with redis:// or rediss://')
  expect(error).not.toContain('secret')
})

test('halves are refused: a user without password, a certificate without key, a file that is no PEM', async () => {
  await writeFile(pem('text'), 'hello')
  const cases = {
    'TANDEM_KAFKA_SASL_USERNAME and TANDEM_KAFKA_SASL_PASSWORD': { TANDEM_KAFKA_SASL_USERNAME: 'u' },
    'TANDEM_SEARCH_USERNAME and TANDEM_SEARCH_PASSWORD': { TANDEM_SEARCH_PASSWORD: 'p' },
    'TANDEM_TEMPORAL_TLS_CERT and TANDEM_TEMPORAL_TLS_KEY': { TANDEM_TEMPORAL_TLS_CERT: pem('cert') },
    'which is not a PEM file': { TANDEM_KAFKA_TLS_CA: pem('text') },
    'which cannot be read': { TANDEM_KAFKA_TLS_CA: pem('nothing') },
  }
  for (const [message, extra] of Object.entries(cases))
    await expect(connectionsFromEnv({ ...plain, ...extra })).rejects.toThrow(message)
})
