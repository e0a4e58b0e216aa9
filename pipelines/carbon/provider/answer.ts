import { XMLParser } from 'fast-xml-parser'
import { SourceError, type SourcePage } from 'tandem'

/** An answer's body; null where the provider has no data. */
export type AnswerBody = Readonly<Record<string, unknown>>

/** Text stays text: codes begin with zeros. */
const xml = new XMLParser({ parseTagValue: false, trimValues: true })

const TRANSIENT = new Set(['01', '02', '04', '05', '99'])
const WHAT_TO_DO: Readonly<Record<string, string>> = {
  '20': 'the key has no leave to use this API: apply for it at the provider',
  '30': 'the key is not known: DATA_GO_KR_KEY must be the decoded key of data.go.kr',
  '31': 'the key has expired: extend it at the provider',
  '32': "the key is not for this machine's address: register it at the provider",
}

/**
 * What the provider's answer says, XML or JSON, errors told apart: they come with status 200, those of its gateway under a
 * root of their own and as XML even where JSON was asked for.
 *
 * @throws SourceError: `quota` (22), `key` (20, 30, 31, 32), `transient` (01, 02, 04, 05, 99), `refused` (10, 11, 12),
 *   `shape` for anything else
 */
export function answerOf(page: SourcePage): AnswerBody | null {
  const root = rootOf(page)
  const gateway = record(record(root['OpenAPI_ServiceResponse'])?.['cmmMsgHeader'])
  const response = record(root['response'])
  const header = record(response?.['header'])
  const code = text(gateway?.['returnReasonCode'] ?? header?.['resultCode'])
  const said = text(gateway?.['returnAuthMsg'] ?? gateway?.['errMsg'] ?? header?.['resultMsg']) ?? ''
  if (code === null) throw shape(page, 'neither a response nor an error of the provider')
  const number = code.padStart(2, '0')
  if (number === '00') {
    const body = record(response?.['body'])
    if (body === null) throw shape(page, 'a response without a body')
    return body
  }
  if (number === '03') return null
  const message = `the provider answers ${number} ${said}`.trim()
  if (number === '22') throw new SourceError('quota', `${message}: no more requests today`, null)
  const advice = WHAT_TO_DO[number]
  if (advice !== undefined) throw new SourceError('key', `${message}: ${advice}`, null)
  if (TRANSIENT.has(number)) throw new SourceError('transient', message, exampleOf(page))
  if (number === '10' || number === '11' || number === '12') throw new SourceError('refused', message, exampleOf(page))
  throw shape(page, message)
}

/** `items/item` or `item`, one or many, as a list. */
export function itemsOf(page: SourcePage, body: AnswerBody): readonly AnswerBody[] {
  const holder = record(body['items']) ?? body
  const item = holder['item']
  if (item === undefined || item === '' || body['items'] === '') return []
  const list = Array.isArray(item) ? item : [item]
  return list.map((one) => {
    const read = record(one)
    if (read === null) throw shape(page, 'an item that holds no fields')
    return read
  })
}

/** A field that must be there. @throws SourceError of kind `shape` */
export function fieldText(page: SourcePage, item: AnswerBody, name: string): string {
  const value = text(item[name])
  if (value === null) throw shape(page, `the field "${name}" is missing`, item)
  return value
}

/** A number that must be there. @throws SourceError of kind `shape` */
export function fieldNumber(page: SourcePage, item: AnswerBody, name: string): number {
  const value = fieldText(page, item, name)
  const number = Number(value)
  if (value === '' || !Number.isFinite(number)) throw shape(page, `the field "${name}" is "${value}", no number`, item)
  return number
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null
}

export function shape(page: SourcePage, what: string, item?: AnswerBody): SourceError {
  return new SourceError(
    'shape',
    `page ${page.url}: ${what}`,
    item === undefined ? exampleOf(page) : JSON.stringify(item).slice(0, 300),
  )
}

function rootOf(page: SourcePage): AnswerBody {
  const content = new TextDecoder().decode(page.body).trimStart()
  try {
    return record(content.startsWith('{') ? JSON.parse(content) : xml.parse(content)) ?? {}
  } catch (error) {
    throw new SourceError(
      'shape',
      `page ${page.url}: neither XML nor JSON: ${(error as Error).message}`,
      exampleOf(page),
      {
        cause: error,
      },
    )
  }
}

function record(value: unknown): AnswerBody | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as AnswerBody) : null
}

const exampleOf = (page: SourcePage): string => new TextDecoder().decode(page.body.subarray(0, 1_200)).slice(0, 300)
