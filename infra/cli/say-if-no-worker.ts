import type { Instance } from '../instance/instance.js'
import { isReported } from '../instance/layers.js'

/** A workflow waits for a worker however long: whoever started it should know why nothing happens. */
export async function sayIfNoWorker(instance: Instance): Promise<void> {
  if (await isReported(instance, 'worker')) return
  process.stderr.write('No worker reports itself. The run begins when one is there: `tandem up` or `tandem worker`.\n')
}
