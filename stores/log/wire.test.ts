import { createRequire } from 'node:module'
import { expect, it } from 'vitest'
import { openCluster } from './wire.js'

it('the wire client is the version whose inner parts are used, and has them', async () => {
  const require = createRequire(import.meta.url)
  expect((require('kafkajs/package.json') as { version: string }).version).toBe('2.2.4')
  const cluster = openCluster({ brokers: ['localhost:1'] }, 'wire-test', { info() {}, warn() {}, error() {} })
  const used = [
    'connect',
    'disconnect',
    'addMultipleTargetTopics',
    'refreshMetadata',
    'refreshMetadataIfNecessary',
    'findTopicPartitionMetadata',
    'findBroker',
    'fetchTopicsOffset',
  ]
  for (const name of used) expect(typeof cluster[name as keyof typeof cluster]).toBe('function')
  const { prototype: broker } = require('kafkajs/src/broker') as { prototype: object }
  const { prototype: pool } = require('kafkajs/src/network/connectionPool') as { prototype: object }
  expect([broker, pool].map((of, i) => typeof of[['initProducerId', 'send'][i] as never])).toEqual([
    'function',
    'function',
  ])
})
