import type { Clock } from '../../core/time/clock.js'
import type { Logger } from '../../stores/logger.js'
import { choosePorts, portOf } from '../engines/index.js'
import { complexesOfFile, seededComplexes } from './data-go-kr/complexes.js'
import { startDataGoKr } from './data-go-kr/provider.js'
import { CHECKED, readingsOfFile } from './data-go-kr/usage.js'
import { startShopSite } from './shop-site/shop-site.js'

type Env = Readonly<Record<string, string | undefined>>

export interface LocalProviders {
  /** The environment, with where the local providers are added. */
  readonly env: Env
  close(): Promise<void>
}

export interface LocalProviderDeps {
  /** The installation's folder. It remembers the ports: links of what was crawled lead there, and stay the same. */
  readonly home: string
  readonly clock: Clock
  readonly logger: Logger
}

/** Complexes that are made up where no file of them is given. */
const SEEDED = { seed: 27, complexes: 8 } as const

/**
 * Starts a local provider in place of each one that is not configured: sources work without a key, on made-up data.
 * `DATA_GO_KR_KEY` or `DATA_GO_KR_URL` says where the open-data provider is; `TANDEM_COMPLEX_FILE` (a K-apt code list, CSV)
 * and `TANDEM_READINGS_FILE` (kaptCode, reqDate, elect, gas, water) give the local one data of their own. `TANDEM_SHOP_URL`
 * says which shop is crawled, `TANDEM_PLACES` where the files of places are. Each listens where it did before,
 * or where `TANDEM_PORT_SHOP` and `TANDEM_PORT_PROVIDER` say.
 *
 * @throws UserError where such a file is not what it should be
 */
export async function startLocalProviders(
  env: Env,
  { home, clock, logger }: LocalProviderDeps,
): Promise<LocalProviders> {
  const port = async (name: string) => portOf(await choosePorts({ home, env, names: [name] }), name)
  const openData = await startOpenData(env, { port, clock, logger })
  const shop = await startShop(openData.env, { port, clock, logger })
  return {
    env: shop.env,
    close: async () => {
      await shop.close()
      await openData.close()
    },
  }
}

type Deps = Omit<LocalProviderDeps, 'home'> & { readonly port: (name: string) => Promise<number> }

async function startShop(env: Env, { port, clock, logger }: Deps): Promise<LocalProviders> {
  const { TANDEM_SHOP_URL: shopUrl, TANDEM_PLACES: places } = env
  if (shopUrl && places) return { env, close: async () => undefined }
  const shop = await startShopSite({ seed: SEEDED.seed, now: () => clock.now(), port: await port('shop') })
  logger.info({ url: shop.url }, 'no TANDEM_SHOP_URL or no TANDEM_PLACES: a local shop with made-up items answers')
  return {
    env: { ...env, TANDEM_SHOP_URL: shopUrl || shop.url, TANDEM_PLACES: places || shop.placesUrl },
    close: () => shop.close(),
  }
}

async function startOpenData(env: Env, { port, clock, logger }: Deps): Promise<LocalProviders> {
  if (env.DATA_GO_KR_KEY || env.DATA_GO_KR_URL) return { env, close: async () => undefined }
  const { TANDEM_COMPLEX_FILE: complexFile, TANDEM_READINGS_FILE: readingsFile } = env
  const provider = await startDataGoKr({
    complexes: complexFile ? await complexesOfFile(complexFile) : seededComplexes(SEEDED.seed, SEEDED.complexes),
    readings: readingsFile ? await readingsOfFile(readingsFile) : CHECKED,
    reportedThrough: () => twoMonthsBefore(clock.now()),
    port: await port('provider'),
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
