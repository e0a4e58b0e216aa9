import { DefaultLogger, Runtime } from '@temporalio/worker'
import type { Logger } from '../stores/logger.js'

let installed = false

/**
 * Sets up the SDK's one runtime of this process: its log lines become ours, and signals stay with whoever started the
 * process. The SDK allows it once, hence the state of the module; later calls keep the first logger.
 */
export function installRuntime(logger: Logger): void {
  if (installed) return
  installed = true
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const fields = { ...meta }
      if (level === 'ERROR') logger.error(fields, message)
      else logger.warn(fields, message)
    }),
    telemetryOptions: { logging: { filter: { core: 'WARN', other: 'ERROR' }, forward: {} } },
  })
}
