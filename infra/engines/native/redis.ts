import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { probeRedis } from '../probe.js'
import type { NativeEngine } from './native-engine.js'
import { portOf } from './ports.js'
import type { ProvisionOptions } from './provision.js'
import { runClient } from './run-client.js'
import { findTool, requireTool } from './tools.js'

const execute = promisify(execFile)

/** Redis from the system's packages. */
export const redis: NativeEngine = {
  name: 'redis',
  ports: ['redis'],
  readyWithinMs: 60_000,
  stopWithinMs: 10_000,
  probe: probeRedis,
  // Where it can be installed from here it is not missing.
  tools: async ({ env }) => ((await installer(env)) ? [] : ['redis-server']),
  provision: async (options) => (await findTool('redis-server', options.env)) ?? installRedis(options),
  prepare: async ({ place, data, ports, env }) => ({
    command: place,
    args: [
      ...['--bind', '127.0.0.1', '--port', `${portOf(ports, 'redis')}`, '--dir', data],
      // Every write goes to the operating system before it is answered; the disk gets it within a second.
      ...['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''],
      // Any other policy deletes registers silently; a full Redis must refuse writes.
      ...['--maxmemory-policy', 'noeviction', '--maxmemory', env['TANDEM_REDIS_MAXMEMORY'] ?? '1gb'],
    ],
  }),
}

async function installRedis(options: ProvisionOptions): Promise<string> {
  const command = await installer(options.env)
  if (command) {
    const [program, ...first] = command
    const apt = (...args: string[]): Promise<void> =>
      runClient('Installing redis-server by apt-get', program, [...first, ...args], {
        ...options,
        env: { ...options.env, DEBIAN_FRONTEND: 'noninteractive' },
      })
    const install = ['install', '-y', '-q', '--no-install-recommends', 'redis-server']
    options.progress('redis: installing redis-server (apt-get)')
    try {
      await apt(...install)
    } catch {
      // A fresh machine has no package lists yet; if it fails after that as well, its error is the one to show.
      options.signal?.throwIfAborted()
      await apt('update', '-q')
      await apt(...install)
    }
  }
  return requireTool('redis-server', 'redis', options.env)
}

/** The command that installs Debian packages from here, or null: no apt-get, or no right to use it unasked. */
async function installer(env: NodeJS.ProcessEnv): Promise<[string, ...string[]] | null> {
  const aptGet = await findTool('apt-get', env)
  if (!aptGet) return null
  if (process.getuid?.() === 0) return [aptGet]
  const sudo = await findTool('sudo', env)
  if (!sudo) return null
  return execute(sudo, ['-n', 'true'], { env }).then(
    () => [sudo, '-n', aptGet],
    () => null,
  )
}
