import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { probeTcp } from '../probe.js'
import type { NativeEngine } from './native-engine.js'
import { mongoPackage } from './packages.js'
import { portOf } from './ports.js'
import { clientsNeeded, provision } from './provision.js'

/** SecantusDB, which speaks MongoDB's protocol and keeps its data by WiredTiger. */
export const mongo: NativeEngine = {
  name: 'mongo',
  ports: ['mongo'],
  readyWithinMs: 60_000,
  stopWithinMs: 15_000,
  probe: probeTcp,
  tools: (options) => clientsNeeded(mongoPackage, options),
  provision: (options) => provision(mongoPackage, options),
  prepare: async ({ place, data, ports }) => {
    // Without a file of its own it would look for one in the user's home and in /etc.
    const settings = join(data, 'secantusd.toml')
    await writeFile(settings, '')
    return {
      command: join(place, 'venv', 'bin', 'python'),
      args: [
        ...['-c', 'import sys; from secantus.cli import main; sys.exit(main())', '--config', settings],
        ...['--host', '127.0.0.1', '--port', `${portOf(ports, 'mongo')}`, '--storage-path', join(data, 'data')],
        ...['--cache-size', '128M', '--log-level', 'WARNING'],
      ],
    }
  },
}
