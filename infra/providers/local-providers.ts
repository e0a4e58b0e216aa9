import type { Clock } from '../../core/time/clock.js'
import type { Logger } from '../../stores/logger.js'
import { complexesOfFile, seededComplexes } from './data-go-kr/complexes.js'
import { startDataGoKr } from './data-go-kr/provider.js'
import { CHECKED, readingsOfFile } from './data-go-kr/usage.js'

type Env = Readonly<Record<string, string | undefined>>

export interface LocalProviders {
  /** The environment, with where the local providers are added. */
  readonly env: Env
  close(): Promise<void>
}

/** Complexes that are made up where no file of them is given. */
const SEEDED = { seed: 27, complexes: 12 } as const

/**
 * Starts a local provider in place of each one that is not configured: sources work without a key, on made-up data.
 * `DATA_GO_KR_KEY` or `DATA_GO_KR_URL` says where the open-data provider is; `TANDEM_COMPLEX_FILE` (a K-apt code list, CSV)
 * and `TANDEM_READINGS_FILE` (kaptCode, reqDate, elect, gas, water) give the local one data of their own.
 *
 * @throws UserError where such a file is not what it should be
 */
export async function startLocalProviders(env: Env, clock: Clock, logger: Logger): Promise<LocalProviders> {
  if (env.DATA_GO_KR_KEY || env.DATA_GO_KR_URL) return { env, close: async () => undefined }
  const { TANDEM_COMPLEX_FILE: complexFile, TANDEM_READINGS_FILE: readingsFile } = env
  const provider = await startDataGoKr({
    complexes: complexFile ? await complexesOfFile(complexFile) : seededComplexes(SEEDED.seed, SEEDED.complexes),
    readings: readingsFile ? await readingsOfFile(readingsFile) : CHECKED,
    reportedThrough: () => twoMonthsBefore(clock.now()),
  })
  logger.info(
    { url: provider.url },
    'no DATA_GO_KR_KEY: a local provider with made-up complexes answers in place of data.go.kr',
  )
  return {
    env: { ...env, DATA_GO_KR_URL: provider.url, DATA_GO_KR_PER_DAY: env.DATA_GO_KR_PER_DAY || '1000000' },
    close: () => provider.close(),
  }
}

/** `yyyyMM`: what is reported so far, as at the provider itself. */
function twoMonthsBefore(nowMs: number): string {
  const now = new Date(nowMs)
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 2, 1)).toISOString().slice(0, 7).replace('-', '')
}
