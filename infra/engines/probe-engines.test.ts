import { expect, test } from 'vitest'
import type { Connections } from '../../stores/connections.js'
import { probeKafka, probeRedis, probeSearch, probeTcp } from './probe.js'
import { addressesOf } from './probe-engines.js'

const plain: Connections = {
  kafka: { brokers: ['one:9092', 'two:9092'] },
  redis: { url: 'redis://cache' },
  mongo: { url: 'mongodb://u:p%40q@db1,db2:27018/?replicaSet=rs0', database: 'tandem' },
  search: { url: 'http://search', flavour: 'elasticsearch' },
  temporal: { address: 'temporal:7233', namespace: 'default' },
}

test('every engine has an address, its usual port where the connection names none', () => {
  expect(addressesOf(plain).map(({ name, host, port }) => `${name} ${host}:${port}`)).toEqual([
    'kafka one:9092',
    'redis cache:6379',
    'mongo db1:27017',
    'search search:80',
    'temporal temporal:7233',
  ])
})

test('behind TLS it is only asked whether it accepts connections', () => {
  const secured = addressesOf({
    ...plain,
    kafka: { ...plain.kafka, ssl: true },
    redis: { url: 'rediss://cache:6380' },
    search: { url: 'https://search', flavour: 'opensearch' },
    temporal: { ...plain.temporal, tls: true },
  })
  for (const { probe } of secured) expect(probe).toBe(probeTcp)
  expect(secured.map(({ port }) => port)).toEqual([9092, 6380, 27017, 443, 7233])
  const open = addressesOf(plain).map(({ probe }) => probe)
  for (const probe of [probeKafka, probeRedis, probeSearch]) expect(open).toContain(probe)
})

test('nobody there is an answer as well', async () => {
  for (const { probe } of addressesOf(plain)) expect(await probe('127.0.0.1', 1)).toBe(false)
})
