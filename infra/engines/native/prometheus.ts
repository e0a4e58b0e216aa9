import { join } from 'node:path'
import { probeHttp } from '../probe.js'
import { preparePrometheus } from '../prometheus-folder.js'
import type { NativeEngine } from './native-engine.js'
import { portOf } from './ports.js'
import { requireTool } from './tools.js'

/** Prometheus, where its program is installed; nothing depends on it. */
export const prometheus: NativeEngine = {
  name: 'prometheus',
  ports: ['prometheus'],
  readyWithinMs: 30_000,
  stopWithinMs: 10_000,
  probe: probeHttp,
  tools: async () => ['prometheus'],
  provision: async ({ env }) => requireTool('prometheus', 'prometheus', env),
  prepare: async ({ place, home, data, ports, env }) => {
    const folder = await preparePrometheus(home, '127.0.0.1', env)
    return {
      command: place,
      args: [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(data, 'data')}`,
        `--web.listen-address=127.0.0.1:${portOf(ports, 'prometheus')}`,
        ...['--storage.tsdb.retention.time=15d', '--log.level=warn'],
      ],
    }
  },
}
