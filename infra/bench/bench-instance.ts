import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { homeOf } from '../instance/home.js'
import { type Instance, openInstance } from '../instance/instance.js'

const PIPELINE = fileURLToPath(new URL('./pipeline/', import.meta.url))

/** Benches run in a home of their own (`<home>/bench`), so that nothing of the user's is loaded, filled or measured. */
export function openBenchInstance(say: (line: string) => void): Promise<Instance> {
  const { root } = homeOf(process.env, process.cwd())
  return openInstance(say, {
    ...process.env,
    TANDEM_HOME: join(root, 'bench'),
    TANDEM_SHIPPED: 'none',
    TANDEM_PIPELINES: PIPELINE,
    TANDEM_EPOCH: '1m',
    TANDEM_PORT_API: undefined,
  })
}
