import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EngineError } from '../engine-error.js'
import { probeKafka } from '../probe.js'
import { KAFKA_SETTINGS } from './kafka-settings.js'
import { writeLogSettings } from './log-settings.js'
import type { EngineContext, NativeEngine } from './native-engine.js'
import { kafkaPackage } from './packages.js'
import { portOf } from './ports.js'
import { clientsNeeded, provision } from './provision.js'
import { requireJava } from './tools.js'

const execute = promisify(execFile)

/** Apache Kafka in KRaft mode, broker and controller in one process. */
export const kafka: NativeEngine = {
  name: 'kafka',
  ports: ['kafka', 'kafka-controller'],
  readyWithinMs: 90_000,
  stopWithinMs: 20_000,
  probe: probeKafka,
  tools: async (options) => ['java', ...(await clientsNeeded(kafkaPackage, options))],
  provision: async (options) => {
    await requireJava('kafka', options.env)
    return provision(kafkaPackage, options)
  },
  prepare: async (context) => {
    const java = await requireJava('kafka', context.env)
    const settings = join(context.data, 'server.properties')
    const log = join(context.data, 'log')
    await writeFile(settings, properties(context, log))
    const isFormatted = await access(join(log, 'meta.properties')).then(
      () => true,
      () => false,
    )
    if (!isFormatted) await format(java, context, log)
    const flags = [
      '-Xms96m',
      '-Xmx384m',
      '-XX:+UseSerialGC',
      '-XX:MaxDirectMemorySize=128m',
      '-XX:+ExitOnOutOfMemoryError',
    ]
    const logging = `-Dlog4j2.configurationFile=${await writeLogSettings(context.data)}`
    return { command: java, args: [...flags, logging, '-cp', classPath(context), 'kafka.Kafka', settings] }
  },
}

/** Into another folder first: one that is formatted by half would be refused for ever. */
async function format(java: string, context: EngineContext, log: string): Promise<void> {
  const making = `${log}.formatting`
  const settings = join(context.data, 'format.properties')
  await rm(making, { recursive: true, force: true })
  await writeFile(settings, properties(context, making))
  const clusterId = randomBytes(16).toString('base64url')
  // The JVM's quick compiler alone: it runs for a second.
  const flags = [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    `-Dlog4j2.configurationFile=${await writeLogSettings(context.data)}`,
  ]
  const args = [
    '-cp',
    classPath(context),
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    settings,
    '--standalone',
  ]
  try {
    await execute(java, [...flags, ...args], { env: context.env })
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string }
    throw new EngineError(
      'Kafka could not prepare its data folder.',
      `${stdout}${stderr}`.trim().split('\n').slice(-8),
      { cause: error },
    )
  }
  await rename(making, log)
}

const classPath = ({ place }: EngineContext): string => join(place, 'lib', '*')

function properties({ ports }: EngineContext, logFolder: string): string {
  const broker = `127.0.0.1:${portOf(ports, 'kafka')}`
  const controller = `127.0.0.1:${portOf(ports, 'kafka-controller')}`
  const settings: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': controller,
    listeners: `PLAINTEXT://${broker},CONTROLLER://${controller}`,
    'advertised.listeners': `PLAINTEXT://${broker}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': logFolder,
    ...KAFKA_SETTINGS,
  }
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
