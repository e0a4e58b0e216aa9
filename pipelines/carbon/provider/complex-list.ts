import { SourceError, type SourceIo, type SourcePage } from 'tandem'
import { answerOf, fieldNumber, fieldText, itemsOf, shape } from './answer.js'
import { ask } from './requests.js'

const ROWS = 100
const MAX_PAGES = 1_000
/** A complex's address changes rarely. */
const BASIS_KEPT_MS = 60 * 86_400_000

export interface ListedComplex {
  readonly kaptCode: string
  readonly kaptName: string
}

/** Basic facts of a complex; its address names the lot that building energy is asked by. */
export interface ComplexBasis {
  readonly kaptCode: string
  readonly bjdJuso: string
  readonly doroJuso: string
  readonly bjdCode: string
  readonly kaptdaCnt: string
}

/** Every complex of the province, page by page. */
export async function crawlComplexes(io: SourceIo): Promise<readonly ListedComplex[]> {
  const sido = io.settings['sido'] ?? '27'
  const found: ListedComplex[] = []
  for (let number = 1; number <= MAX_PAGES; number++) {
    const page = await ask(io, 'list', [sido, String(number)], {
      sidoCode: sido,
      pageNo: String(number),
      numOfRows: String(ROWS),
    })
    const { complexes, total } = readComplexList(page)
    found.push(...complexes)
    if (complexes.length === 0 || number * ROWS >= total) return found
  }
  throw new SourceError('shape', `the list of complexes of province ${sido} has more than ${MAX_PAGES} pages`)
}

export function readComplexList(page: SourcePage): {
  readonly complexes: readonly ListedComplex[]
  readonly total: number
} {
  const body = answerOf(page)
  if (body === null) return { complexes: [], total: 0 }
  const complexes = itemsOf(page, body).map((item) => ({
    kaptCode: kaptCodeOf(page, item),
    kaptName: fieldText(page, item, 'kaptName'),
  }))
  return { complexes, total: fieldNumber(page, body, 'totalCount') }
}

export function crawlBasis(io: SourceIo, kaptCode: string, scheduledMs: number): Promise<SourcePage> {
  return ask(io, 'basis', [kaptCode], { kaptCode }, (page) => page.fetchedAtMs > scheduledMs - BASIS_KEPT_MS)
}

/** Null where the provider knows the complex by its name alone. */
export function readBasis(page: SourcePage): ComplexBasis | null {
  const body = answerOf(page)
  const item = body === null ? undefined : itemsOf(page, body)[0]
  if (item === undefined) return null
  return {
    kaptCode: kaptCodeOf(page, item),
    bjdJuso: fieldText(page, item, 'kaptAddr'),
    doroJuso: fieldText(page, item, 'doroJuso'),
    bjdCode: fieldText(page, item, 'bjdCode'),
    kaptdaCnt: String(Math.round(fieldNumber(page, item, 'kaptdaCnt'))),
  }
}

function kaptCodeOf(page: SourcePage, item: Readonly<Record<string, unknown>>): string {
  const code = fieldText(page, item, 'kaptCode')
  if (!/^[A-Z]\d{8}$/.test(code)) throw shape(page, `the complex's code is "${code}"`, item)
  return code
}
