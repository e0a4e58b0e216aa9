import { NativeConnection } from '@temporalio/worker'
import { shop } from '../batch-layer/testing/shop.js'
import type { Connections } from '../stores/connections.js'
import { jsonLogger } from '../stores/logger.js'
import { systemClock } from '../stores/system-clock.js'
import { createWorker } from './create-worker.js'
import { openActivities } from './open-activities.js'
import { temporalAddress } from './temporal-address.js'
import { installRuntime } from './temporal-runtime.js'
import type { BatchActivities } from './workflow/activity-contract.js'

/** How a test starts this worker, as JSON in `TANDEM_TESTING_WORKER`. */
export interface TestingWorker {
  readonly connections: Connections
  readonly stream: string
  readonly lakeRoot: string
  readonly taskQueue: string
  readonly sealMarginMs: number
  /** The process kills itself with SIGKILL once this step has done its work, before Temporal hears of it. */
  readonly dieAfter: keyof BatchActivities | null
}

const given = JSON.parse(process.env.TANDEM_TESTING_WORKER ?? 'null') as TestingWorker | null
if (given === null) throw new Error('TANDEM_TESTING_WORKER is not set: this worker is for tests')
const { connections, dieAfter } = given
const logger = jsonLogger('worker')
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())

const batch = await openActivities({
  connections,
  catalog: shop(given.stream).catalog(),
  lakeRoot: given.lakeRoot,
  sealMarginMs: given.sealMarginMs,
  clock: systemClock,
  logger,
  signal: stop.signal,
})
installRuntime(logger)
const connection = await NativeConnection.connect(temporalAddress(connections.temporal))
const { namespace } = connections.temporal
const worker = await createWorker({
  connection,
  namespace,
  taskQueue: given.taskQueue,
  activities: dieAfter === null ? batch.activities : dyingAfter(batch.activities, dieAfter),
  logger,
})
stop.signal.addEventListener('abort', () => worker.shutdown())
await worker.run()
await connection.close()
await batch.close()

function dyingAfter(activities: BatchActivities, step: keyof BatchActivities): BatchActivities {
  const real = activities[step] as (input: unknown) => Promise<unknown>
  const dying = async (input: unknown) => {
    await real(input)
    process.kill(process.pid, 'SIGKILL')
    // the signal may take a moment; nothing more must happen until then
    return new Promise(() => undefined)
  }
  return { ...activities, [step]: dying }
}
