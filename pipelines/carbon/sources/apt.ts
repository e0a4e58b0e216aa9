import { defineSource, type SourceItem } from 'tandem'
import {
  type ComplexBasis,
  crawlBasis,
  crawlComplexes,
  type ListedComplex,
  readBasis,
  readComplexList,
} from '../provider/complex-list.js'
import { LIMITS, SETTINGS } from '../provider/requests.js'
import { apt } from '../streams.js'

type Part =
  | ({ readonly part: 'list' } & ListedComplex)
  | ({ readonly part: 'basis'; readonly collectedAt: string } & ComplexBasis)

/** What the stream is sent of a complex. */
interface AptRecord {
  readonly kaptCode: string
  readonly collectedAt: string
  readonly sign: 1 | -1
}

/** The complexes of a province and their basic facts. */
export const aptSource = defineSource({
  name: 'apt',
  description: 'apartment complexes of a province: list and basic information (data.go.kr)',
  into: apt,
  settings: SETTINGS,
  limits: LIMITS,
  async crawl(io, run) {
    const complexes = await crawlComplexes(io)
    await Promise.all(complexes.map(({ kaptCode }) => crawlBasis(io, kaptCode, run.scheduledMs)))
  },
  read(page): readonly SourceItem[] {
    if (page.kind === 'list')
      return readComplexList(page).complexes.map((complex) => item(complex.kaptCode, { part: 'list', ...complex }))
    const basis = readBasis(page)
    if (basis === null) return []
    return [item(basis.kaptCode, { part: 'basis', ...basis, collectedAt: new Date(page.fetchedAtMs).toISOString() })]
  },
  clean: joinComplexes,
  same: (value) => ({ ...(value as AptRecord), collectedAt: null }),
  revise: (before, after) => [{ ...(before as AptRecord), sign: -1 }, after],
})

/** List and basic facts of a complex make one record; a complex of which only one is known waits. */
function joinComplexes(items: readonly SourceItem[]): readonly SourceItem[] {
  const names = new Map<string, string>()
  const facts = new Map<string, Extract<Part, { part: 'basis' }>>()
  for (const { id, value } of items) {
    const part = value as Part
    if (part.part === 'list') names.set(id, part.kaptName)
    else facts.set(id, part)
  }
  return [...facts]
    .filter(([code]) => names.has(code))
    .map(([code, { part: _, collectedAt, ...basis }]) => ({
      id: code,
      value: { ...basis, kaptName: names.get(code) as string, collectedAt, sign: 1 },
    }))
}

const item = (id: string, value: Part): SourceItem => ({ id, value })
