import { type PageRequest, SourceError, type SourceIo, type SourcePage } from 'tandem'
import { answerOf } from './answer.js'

const REAL_URL = 'http://apis.data.go.kr'

/** Settings of every source of this provider. */
export const SETTINGS = Object.freeze({
  key: { env: 'DATA_GO_KR_KEY', about: 'decoded key of data.go.kr; without one a local provider is asked' },
  url: { env: 'DATA_GO_KR_URL', about: 'where the provider is, if not at its own address' },
  sido: { env: 'TANDEM_CARBON_SIDO', about: 'province by its two digits', fallback: '27' },
  requestsPerDay: { env: 'DATA_GO_KR_PER_DAY', about: 'requests that the key has a day', fallback: '10000' },
})

/** The provider's own: 30 requests a second, and so many a day of Seoul. */
export const LIMITS = Object.freeze({
  requestsPerSecond: 30,
  parallelPerHost: 4,
  zone: 'Asia/Seoul',
  // asked by contract, with a key
  robots: false,
})

/** Path of each call and what the landing calls its pages. */
export const CALLS = Object.freeze({
  list: '/1613000/AptListService2/getSidoAptList',
  basis: '/1613000/AptBasisInfoService1/getAphusBassInfo',
  energy: '/1613000/ApHusEnergyUseInfoOfferServiceV2/getHsmpApHusUsgQtyInfoSearchV2',
  'building-electricity': '/1611000/BldEngyService/getBeElctyUsgInfo',
  'building-gas': '/1611000/BldEngyService/getBeGasUsgInfo',
  weather: '/1360000/SfcMtlyInfoService/getMmSumry',
  wind: '/1360000/SfcMtlyInfoService/getMmSumry2',
  forecast: '/1360000/VilageFcstInfoService_2.0/getVilageFcst',
})
export type Call = keyof typeof CALLS

/**
 * Asks the provider. The page's name is the call and what tells it from others, as answers do not say what was asked, and
 * never holds the key. Errors of the provider are not landed.
 */
export function ask(
  io: SourceIo,
  call: Call,
  name: readonly string[],
  parameters: Readonly<Record<string, string>>,
  keep?: PageRequest['keep'],
): Promise<SourcePage> {
  const { key, url = key === undefined ? undefined : REAL_URL } = io.settings
  if (url === undefined)
    throw new SourceError('key', `set ${SETTINGS.key.env}, or ${SETTINGS.url.env} where a local provider runs`)
  const query = new URLSearchParams({ serviceKey: key ?? 'local', ...parameters })
  return io.get(`${url}${CALLS[call]}?${query}`, {
    kind: call,
    as: [call, ...name].join('/'),
    check: (page) => void answerOf(page),
    ...(keep === undefined ? {} : { keep }),
  })
}

/** What a page's name says, behind the call. */
export function namesOf(page: SourcePage): readonly string[] {
  return page.url.split('/').slice(1)
}
