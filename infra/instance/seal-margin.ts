import { parseDuration } from './duration.js'

const DEFAULT_MS = 5_000

/** How long after its end an epoch is sealed, ms: `TANDEM_SEAL_MARGIN`, or 5 s. */
export function sealMarginMs(env: NodeJS.ProcessEnv): number {
  return env.TANDEM_SEAL_MARGIN ? parseDuration(env.TANDEM_SEAL_MARGIN, 'TANDEM_SEAL_MARGIN') : DEFAULT_MS
}
