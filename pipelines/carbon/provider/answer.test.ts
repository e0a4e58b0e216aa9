import { expect, test } from 'vitest'
import { SourceError, type SourcePage } from '../../../core/index.js'
import { readBuilding, readKapt } from '../sources/energy-readings.js'
import { answerOf, itemsOf } from './answer.js'
import { readBasis, readComplexList } from './complex-list.js'

function page(body: string, url = 'energy/A70384401/202102', kind = url.split('/')[0] as string): SourcePage {
  const bytes = new TextEncoder().encode(body)
  return { url, kind, fetchedAtMs: 0, status: 200, contentType: null, sha256: '', body: bytes }
}
const response = (code: string, body = '') =>
  `<response><header><resultCode>${code}</resultCode><resultMsg>SAID</resultMsg></header>${body}</response>`
const gateway = (code: string) =>
  `<OpenAPI_ServiceResponse><cmmMsgHeader><errMsg>SERVICE ERROR</errMsg><returnAuthMsg>SAID</returnAuthMsg><returnReasonCode>${code}</returnReasonCode></cmmMsgHeader></OpenAPI_ServiceResponse>`
const item = (fields: string) => response('00', `<body><item>${fields}</item></body>`)
const numbers = (of: Readonly<Record<string, number | string>>) =>
  Object.entries({ helect: 0, hgas: 0, hwaterCool: 0, hheat: 0, hwaterHot: 0, kaptCode: 'A70384401', ...of })
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join('')

function failureOf(act: () => unknown): SourceError {
  try {
    act()
  } catch (error) {
    expect(error).toBeInstanceOf(SourceError)
    return error as SourceError
  }
  return expect.unreachable()
}

test.each([
  ['01', 'transient'],
  ['02', 'transient'],
  ['04', 'transient'],
  ['05', 'transient'],
  ['99', 'transient'],
  ['10', 'refused'],
  ['11', 'refused'],
  ['12', 'refused'],
  ['20', 'key'],
  ['30', 'key'],
  ['31', 'key'],
  ['32', 'key'],
  ['22', 'quota'],
  ['77', 'shape'],
])('code %s is %s, from a service and from the gateway', (code, kind) => {
  for (const body of [response(code), gateway(code), gateway(String(Number(code)))]) {
    const failure = failureOf(() => answerOf(page(body)))
    expect(failure.kind).toBe(kind)
    expect(failure.message).toContain(`${code} SAID`)
  }
})

test('every refusal of a key says what to do', () => {
  const messages = ['20', '30', '31', '32'].map((code) => failureOf(() => answerOf(page(gateway(code)))).message)
  expect(messages[0]).toContain('apply for it')
  expect(messages[1]).toContain('DATA_GO_KR_KEY')
  expect(messages[2]).toContain('extend it')
  expect(messages[3]).toContain('register it')
})

test('03 is no data, and neither an error nor 0', () => {
  expect(answerOf(page(response('03')))).toBeNull()
  expect(readKapt(page(gateway('03')))).toBeNull()
})

test('the real answer, whose item lies straight in the body', () => {
  const real = item(
    '<elect>54388806</elect><gas>0</gas><heat>60926410</heat><helect>506701</helect><hgas>0</hgas><hheat>725</hheat><hwaterCool>23599</hwaterCool><hwaterHot>9252</hwaterHot><kaptCode>A70384401</kaptCode><waterCool>30226450</waterCool><waterHot>29606400</waterHot>',
  )
  expect(readKapt(page(real))).toEqual({
    part: 'k-apt',
    kaptCode: 'A70384401',
    month: '202102',
    helect: 506_701,
    hgas: 0,
    hwaterCool: 23_599,
    districtHeated: true,
  })
})

test('zeros throughout are not reported, never a use of 0', () => {
  expect(readKapt(page(item(numbers({}))))).toBeNull()
  expect(readKapt(page(item(numbers({ hwaterCool: 5 }))))).toMatchObject({ helect: 0, hwaterCool: 5 })
})

test.each([
  ['a field that is gone', item('<kaptCode>A70384401</kaptCode><hgas>1</hgas>'), 'the field "helect" is missing'],
  ['a number that is none', item(numbers({ helect: 'viel' })), 'the field "helect" is "viel", no number'],
  ['a number below 0', item(numbers({ helect: -5 })), 'the field "helect" is -5, below 0'],
  ['another complex', item(numbers({ kaptCode: 'A1' })), 'asked for A70384401, the answer is about A1'],
  ['a page of another kind', '<html><body>Wartung</body></html>', 'neither a response nor an error'],
  ['no XML', 'Fehler &', 'neither'],
  ['JSON that ends too soon', '{"response":{', 'neither XML nor JSON'],
])('%s is a changed shape, with an example', (_, body, message) => {
  const failure = failureOf(() => readKapt(page(body)))
  expect(failure).toMatchObject({ kind: 'shape' })
  expect(failure.message).toContain(message)
  expect(failure.example).toBeTruthy()
})

test("building energy is the sum of a lot's meters; none, or nothing on them, is no data", () => {
  const url = 'building-gas/A70384401/202102'
  const body = response(
    '00',
    '<body><items><item><useQty>1000.5</useQty></item><item><useQty>20</useQty></item></items></body>',
  )
  expect(readBuilding(page(body, url))).toMatchObject({ energy: 'gas', useQty: 1_020.5, month: '202102' })
  expect(readBuilding(page(body, url.replace('gas', 'electricity')))).toMatchObject({ energy: 'electricity' })
  for (const none of [
    response('03'),
    response('00', '<body><items></items></body>'),
    response('00', '<body><items/></body>'),
  ])
    expect(readBuilding(page(none, url))).toBeNull()
})

test('lists of one and of many, in XML and in JSON', () => {
  const one = '<item><kaptCode>A00000001</kaptCode><kaptName>  하나 </kaptName></item>'
  const list = (items: string) =>
    page(response('00', `<body><items>${items}</items><totalCount>7</totalCount></body>`), 'list/27/1')
  expect(readComplexList(list(one))).toEqual({ complexes: [{ kaptCode: 'A00000001', kaptName: '하나' }], total: 7 })
  expect(readComplexList(list(one + one)).complexes.length).toBe(2)
  const json = page(
    '{"response":{"header":{"resultCode":"00"},"body":{"items":{"item":[{"a":1},{"a":2}]}}}}',
    'forecast/1',
  )
  expect(itemsOf(json, answerOf(json) ?? {})).toEqual([{ a: 1 }, { a: 2 }])
})

test('codes keep their zeros, and one that is no code of a complex is a changed shape', () => {
  const basis = (code: string) =>
    page(
      item(
        `<kaptCode>${code}</kaptCode><kaptAddr>a</kaptAddr><doroJuso>b</doroJuso><bjdCode>0023010800</bjdCode><kaptdaCnt>840.0</kaptdaCnt>`,
      ),
      'basis/A00000001',
    )
  expect(readBasis(basis('A00000001'))).toMatchObject({ bjdCode: '0023010800', kaptdaCnt: '840' })
  expect(failureOf(() => readBasis(basis('7'))).kind).toBe('shape')
})
