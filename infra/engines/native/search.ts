import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { probeSearch } from '../probe.js'
import { writeLogSettings } from './log-settings.js'
import type { NativeEngine } from './native-engine.js'
import { searchPackage } from './packages.js'
import { portOf } from './ports.js'
import { clientsNeeded, provision } from './provision.js'
import { requireJava } from './tools.js'

/** OpenSearch, one node, by our launcher `SearchNode`. */
export const search: NativeEngine = {
  name: 'search',
  ports: ['search', 'search-transport'],
  readyWithinMs: 120_000,
  stopWithinMs: 20_000,
  probe: probeSearch,
  tools: async (options) => ['java', ...(await clientsNeeded(await searchPackage(), options))],
  provision: async (options) => {
    await requireJava('search', options.env)
    return provision(await searchPackage(), options)
  },
  prepare: async ({ place, data, ports, env }) => {
    await mkdir(join(data, 'config'), { recursive: true })
    const flags = [
      ...[
        '-Xms128m',
        '-Xmx512m',
        '-Xss512k',
        '-XX:+UseSerialGC',
        '-XX:MaxDirectMemorySize=96m',
        '-XX:+ExitOnOutOfMemoryError',
      ],
      // The quick compiler alone: starts in half the time, and this engine serves people, not the pipeline.
      '-XX:TieredStopAtLevel=1',
      ...['-Dio.netty.noUnsafe=true', '-Dio.netty.allocator.numDirectArenas=0', '-Dlog4j2.disable.jmx=true'],
      `-Dlog4j2.configurationFile=${await writeLogSettings(data)}`,
    ]
    const classPath = [join(place, 'classes'), join(place, 'lib', '*')].join(':')
    const node = ['SearchNode', data, `${portOf(ports, 'search')}`, `${portOf(ports, 'search-transport')}`]
    return { command: await requireJava('search', env), args: [...flags, '-cp', classPath, ...node] }
  },
}
