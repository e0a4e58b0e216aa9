import type { Connections } from '../stores/connections.js'
import { dieAfterWrite } from '../stores/warm/testing-die-after-write.js'
import { setAliases } from './publish/set-aliases.js'
import { compileDiffLimits, publishRecomputed, recomputeStream } from './restate/index.js'
import { planStream } from './stream-plan.js'
import { openRealLayers } from './testing/real-layers.js'
import { shop } from './testing/shop.js'

/** How a test starts this process, as JSON in `TANDEM_TESTING_PUBLISHER`. */
export interface TestingPublisher {
  readonly connections: Connections
  readonly stream: string
  readonly epochMs: number
  readonly marginMs: number
  readonly lakeRoot: string
  /** Seal the running epoch and publish it, or compute everything again and publish that. */
  readonly work: 'seal' | 'refresh'
  /** Collection of MongoDB behind whose first write the process is killed; null: it lives. */
  readonly dieAfter: string | null
}

const given = JSON.parse(process.env.TANDEM_TESTING_PUBLISHER ?? 'null') as TestingPublisher | null
if (given === null) throw new Error('TANDEM_TESTING_PUBLISHER is not set: this process is for tests')
const { connections, stream, epochMs, marginMs, lakeRoot, work, dieAfter } = given
const layers = await openRealLayers(connections, 'publishing', marginMs, lakeRoot)
const plan = planStream(shop(stream).catalog(), stream, epochMs)
if (work === 'seal') {
  const { finish } = await layers.sealRunning(plan)
  // sealed by the one before as well, or not: what is published is what is looked at
  if (dieAfter !== null) dieAfterWrite(dieAfter)
  await finish()
} else {
  const deps = { ...layers.newDeps(), diffLimits: compileDiffLimits('100%') }
  if (dieAfter !== null) dieAfterWrite(dieAfter)
  await publishRecomputed(deps, plan, await recomputeStream(deps, plan, {}))
  await setAliases(deps, plan.views, {})
}
await layers.close()
process.exit(0)
