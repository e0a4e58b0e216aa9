import type { estypes } from '@elastic/elasticsearch'
import { z } from 'zod'

/** Terms of one terms query at most (`index.max_terms_count`, the engines' default). */
export const MAX_TERMS = 65_536

const terms = z.object({ terms: z.object({ segment: z.array(z.string()) }) })
const filterSchema = z.union([terms, z.object({ bool: z.object({ should: z.array(terms) }) })])

/** Lets through the documents of these segments; above the engines' bound several terms queries share the list. */
export function segmentFilter(segmentIds: readonly string[]): estypes.QueryDslQueryContainer {
  const sorted = [...new Set(segmentIds)].sort()
  if (sorted.length <= MAX_TERMS) return { terms: { segment: sorted } }
  const should: estypes.QueryDslQueryContainer[] = []
  for (let i = 0; i < sorted.length; i += MAX_TERMS) should.push({ terms: { segment: sorted.slice(i, i + MAX_TERMS) } })
  return { bool: { should } }
}

/** Inverse of `segmentFilter`, sorted; null where the filter is not one of ours. */
export function segmentsOfFilter(filter: unknown): readonly string[] | null {
  const parsed = filterSchema.safeParse(filter)
  if (!parsed.success) return null
  const lists = 'terms' in parsed.data ? [parsed.data] : parsed.data.bool.should
  return lists.flatMap((list) => list.terms.segment).sort()
}
