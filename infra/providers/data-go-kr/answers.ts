/** What is sent back: always status 200, as the provider does it. */
export interface ProviderAnswer {
  readonly contentType: string
  readonly body: string
}

type Fields = Readonly<Record<string, string | number>>

const MESSAGES: Readonly<Record<string, string>> = {
  '00': 'NORMAL SERVICE.',
  '01': 'APPLICATION ERROR',
  '02': 'DB ERROR',
  '03': 'NODATA_ERROR',
  '04': 'HTTP ERROR',
  '05': 'SERVICETIMEOUT_ERROR',
  '11': 'NO_MANDATORY_REQUEST_PARAMETERS_ERROR',
  '12': 'NO_OPENAPI_SERVICE_ERROR',
  '20': 'SERVICE_ACCESS_DENIED_ERROR',
  '22': 'LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR',
  '30': 'SERVICE_KEY_IS_NOT_REGISTERED_ERROR',
  '31': 'DEADLINE_HAS_EXPIRED_ERROR',
  '32': 'UNREGISTERED_IP_ERROR',
  '99': 'UNKNOWN_ERROR',
}
const XML = 'application/xml;charset=UTF-8'

/** Errors of the gateway before the services: another root, and XML whatever was asked for. */
export function gatewayError(code: string): ProviderAnswer {
  const fields = { errMsg: 'SERVICE ERROR', returnAuthMsg: MESSAGES[code] ?? 'UNKNOWN_ERROR', returnReasonCode: code }
  return xml(`<OpenAPI_ServiceResponse><cmmMsgHeader>${tags(fields)}</cmmMsgHeader></OpenAPI_ServiceResponse>`)
}

/** Errors that a service itself says. */
export function serviceError(code: string): ProviderAnswer {
  return xml(`<response>${header(code)}</response>`)
}

/** A list: items in `items`, and how many there are in all. */
export function listAnswer(items: readonly Fields[], page: { pageNo: number; numOfRows: number; totalCount: number }) {
  const list = items.map((item) => `<item>${tags(item)}</item>`).join('')
  return xml(`<response>${header('00')}<body><items>${list}</items>${tags(page)}</body></response>`)
}

/** One item straight in the body. */
export function itemAnswer(item: Fields): ProviderAnswer {
  return xml(`<response>${header('00')}<body><item>${tags(item)}</item></body></response>`)
}

export function jsonListAnswer(items: readonly Fields[]): ProviderAnswer {
  const body = {
    dataType: 'JSON',
    items: { item: items },
    pageNo: 1,
    numOfRows: items.length,
    totalCount: items.length,
  }
  const head = { resultCode: '00', resultMsg: 'NORMAL_SERVICE' }
  return { contentType: 'application/json;charset=UTF-8', body: JSON.stringify({ response: { header: head, body } }) }
}

const header = (code: string): string =>
  `<header>${tags({ resultCode: code, resultMsg: MESSAGES[code] ?? 'UNKNOWN_ERROR' })}</header>`

const xml = (body: string): ProviderAnswer => ({
  contentType: XML,
  body: `<?xml version="1.0" encoding="UTF-8"?>${body}`,
})

const tags = (fields: Fields): string =>
  Object.entries(fields)
    .map(([name, value]) => `<${name}>${escaped(String(value))}</${name}>`)
    .join('')

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => (sign === '&' ? '&amp;' : sign === '<' ? '&lt;' : '&gt;'))
