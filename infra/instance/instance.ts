import type { Catalog } from '../../core/define/compile-catalog.js'
import type { Connections } from '../../stores/connections.js'
import { type Engines, openEngines, type Progress } from '../engines/index.js'
import { loadCatalog } from '../pipelines/load-pipelines.js'
import { type Home, homeOf } from './home.js'

/** What every command works on: a home, its engines, and the definitions that run in it. */
export interface Instance {
  readonly home: Home
  readonly engines: Engines
  readonly catalog: Catalog
  readonly env: NodeJS.ProcessEnv
  connections(): Promise<Connections>
}

export async function openInstance(
  progress: Progress = () => {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<Instance> {
  const home = homeOf(env, process.cwd())
  const engines = await openEngines({ home: home.root, env, progress })
  return {
    home,
    engines,
    env,
    catalog: await loadCatalog(env, process.cwd()),
    connections: () => engines.connections(),
  }
}
