import { access, copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { probeHttp } from '../probe.js'
import type { NativeEngine } from './native-engine.js'
import { givenPort, portOf } from './ports.js'
import { writeAtomically } from './process.js'
import { requireTool } from './tools.js'

/** Where the API listens unless something says otherwise. */
const DEFAULT_API_PORT = 8080

/** Prometheus, where its program is installed; nothing depends on it. */
export const prometheus: NativeEngine = {
  name: 'prometheus',
  ports: ['prometheus'],
  readyWithinMs: 30_000,
  stopWithinMs: 10_000,
  probe: probeHttp,
  provision: async ({ env }) => requireTool('prometheus', 'prometheus', env),
  prepare: async ({ place, data, ports, env }) => {
    await copyFile(fileURLToPath(new URL('../../prometheus/prometheus.yml', import.meta.url)), join(data, 'prometheus.yml'))
    const isPointed = await access(join(data, 'targets.json')).then(() => true, () => false)
    if (!isPointed) await writeTargets(data, givenPort('api', env) ?? DEFAULT_API_PORT)
    return {
      command: place,
      args: [
        `--config.file=${join(data, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(data, 'data')}`,
        `--web.listen-address=127.0.0.1:${portOf(ports, 'prometheus')}`,
        ...['--storage.tsdb.retention.time=15d', '--log.level=warn'],
      ],
    }
  },
}

/** Tells the Prometheus of a home, running or not, on which port of this machine the serving layer answers `/metrics`. */
export async function pointPrometheusAt(home: string, apiPort: number): Promise<void> {
  const data = join(home, 'engines', 'prometheus')
  await mkdir(data, { recursive: true })
  await writeTargets(data, apiPort)
}

async function writeTargets(data: string, apiPort: number): Promise<void> {
  await writeAtomically(join(data, 'targets.json'), `${JSON.stringify([{ targets: [`127.0.0.1:${apiPort}`] }])}\n`)
}
