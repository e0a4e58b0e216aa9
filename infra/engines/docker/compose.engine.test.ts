import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { connectionsFromEnv } from '../external/connections-from-env.js'
import { KAFKA_SETTINGS } from '../native/kafka-settings.js'
import { findTool } from '../native/tools.js'
import { addressesOf } from '../probe-engines.js'
import { COMPOSE_PORTS, composeVariables } from './compose.js'
import { composeFile } from './compose-file.js'
import { connectionsOfCompose } from './connections-of-compose.js'

const execute = promisify(execFile)
/** Debian's docker-compose is a Python program and brings this interpreter and its YAML module along. */
const PYTHON = '/usr/bin/python3'
const program = await findTool('docker-compose', process.env)

interface Service {
  image: string
  ports: readonly string[]
  environment?: Readonly<Record<string, string>>
  command?: readonly string[]
  volumes?: readonly string[]
  healthcheck?: object
}
interface Composed {
  services: Readonly<Record<string, Service>>
  volumes: Readonly<Record<string, unknown>>
}

/** docker-compose.yml as Compose understands it, with these variables. */
async function composed(variables: Readonly<Record<string, string>>): Promise<Composed> {
  const env = { PATH: process.env['PATH'], ...variables }
  const { stdout: yaml } = await execute(program as string, ['-f', composeFile(), 'config'], { env })
  const toJson = 'import sys, yaml, json; json.dump(yaml.safe_load(sys.argv[1]), sys.stdout)'
  const { stdout: json } = await execute(PYTHON, ['-c', toJson, yaml])
  return JSON.parse(json) as Composed
}

const ports = Object.fromEntries(COMPOSE_PORTS.map((name, i) => [name, 21_000 + i]))
const service = (file: Composed, name: string): Service => {
  const found = file.services[name]
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`)
  return found
}

describe.runIf(program)('docker-compose.yml', () => {
  let file: Composed
  beforeAll(async () => {
    file = await composed({ ...composeVariables('/some/home', ports), TANDEM_REDIS_MAXMEMORY: '2gb' })
  })

  test('is valid, with every image pinned and every service checked for health', () => {
    const { services } = file
    for (const [name, { image, healthcheck }] of Object.entries(services)) {
      expect(image, name).toMatch(/:v?\d+\.\d+/)
      expect(healthcheck, name).toBeDefined()
    }
  })

  test('keeps all data in named volumes', () => {
    const { services, volumes } = file
    for (const name of ['kafka', 'redis', 'mongo', 'search', 'temporal', 'prometheus', 'grafana'])
      expect(
        services[name]?.volumes?.some((volume) => (volume.split(':', 1)[0] as string) in volumes),
        name,
      ).toBe(true)
  })

  test('publishes each engine on this machine alone, on the port that the connections name', () => {
    for (const { name, host, port } of addressesOf(connectionsOfCompose(ports)))
      expect(
        service(file, name).ports.map((published) => published.split(':', 2).join(':')),
        name,
      ).toContain(`${host}:${port}`)
    const published = Object.values(file.services).flatMap((one) => one.ports)
    expect(published.map((text) => Number(text.split(':')[1])).sort()).toEqual(Object.values(ports).sort())
    for (const text of published) expect(text).toMatch(/^127\.0\.0\.1:/)
  })

  test('tells Kafka to advertise the published port', () => {
    const { environment } = service(file, 'kafka')
    expect(environment?.['KAFKA_ADVERTISED_LISTENERS']).toContain(`PLAINTEXT://127.0.0.1:${ports['kafka']}`)
  })

  test('gives Kafka the same settings as natively', () => {
    const { environment } = service(file, 'kafka')
    for (const [name, value] of Object.entries(KAFKA_SETTINGS))
      expect(environment?.[`KAFKA_${name.toUpperCase().replace(/\./g, '_')}`], name).toBe(`${value}`)
  })

  test('gives Redis the same settings as natively', () => {
    const { command = [] } = service(file, 'redis')
    const text = command.join(' ')
    for (const setting of [
      '--appendonly yes',
      '--appendfsync everysec',
      '--maxmemory-policy noeviction',
      '--maxmemory 2gb',
    ])
      expect(text).toContain(setting)
  })

  test('can be used as external engines: the same addresses, from the environment', async () => {
    const { kafka, redis, mongo, search, temporal } = connectionsOfCompose(ports)
    const connections = await connectionsFromEnv({
      TANDEM_KAFKA_BROKERS: kafka.brokers.join(','),
      TANDEM_REDIS_URL: redis.url,
      TANDEM_MONGO_URL: mongo.url,
      TANDEM_SEARCH_URL: search.url,
      TANDEM_TEMPORAL_ADDRESS: temporal.address,
      TANDEM_TEMPORAL_UI_URL: temporal.uiUrl,
    })
    expect(connections).toEqual(connectionsOfCompose(ports))
  })
})
