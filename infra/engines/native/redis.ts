import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { probeRedis } from '../probe.js'
import type { NativeEngine } from './native-engine.js'
import { portOf } from './ports.js'
import type { ProvisionOptions } from './provision.js'
import { runClient } from './provision.js'
import { findTool, requireTool } from './tools.js'

const execute = promisify(execFile)

/** Redis from the system's packages. */
export const redis: NativeEngine = {
  name: 'redis',
  ports: ['redis'],
  readyWithinMs: 60_000,
  stopWithinMs: 10_000,
  probe: probeRedis,
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

async function installRedis({ env, progress }: ProvisionOptions): Promise<string> {
  const aptGet = await findTool('apt-get', env)
  const prefix = await rootPrefix(env)
  if (aptGet && prefix) {
    const apt = (...args: string[]): Promise<void> =>
      runClient(
        'Installing redis-server by apt-get',
        prefix[0] ?? aptGet,
        [...prefix.slice(1), ...(prefix.length ? [aptGet] : []), ...args],
        {
          ...env,
          DEBIAN_FRONTEND: 'noninteractive',
        },
      )
    progress('redis: installing redis-server (apt-get)')
    try {
      await apt('install', '-y', '-q', '--no-install-recommends', 'redis-server')
    } catch {
      // A fresh machine has no package lists yet; if this fails as well, its error is the one to show.
      await apt('update', '-q')
      await apt('install', '-y', '-q', '--no-install-recommends', 'redis-server')
    }
  }
  return requireTool('redis-server', 'redis', env)
}

/** What to put before a command that needs root: nothing, `sudo -n`, or null when root is not to be had. */
async function rootPrefix(env: NodeJS.ProcessEnv): Promise<string[] | null> {
  if (process.getuid?.() === 0) return []
  const sudo = await findTool('sudo', env)
  if (!sudo) return null
  return execute(sudo, ['-n', 'true'], { env }).then(
    () => [sudo, '-n'],
    () => null,
  )
}
