import type { estypes } from '@elastic/elasticsearch'
import { z } from 'zod'
import { RESOLUTIONS, type Resolution } from './view-index.js'

/** Terms of one terms query at most (`index.max_terms_count`, the engines' default). */
export const MAX_TERMS = 65_536

const filterSchema = z.object({
  bool: z.object({
    filter: z.tuple([
      z.object({ term: z.object({ resolution: z.object({ value: z.enum(RESOLUTIONS) }) }) }),
      z.object({
        bool: z.object({ should: z.array(z.object({ terms: z.object({ segment: z.array(z.string()) }) })) }),
      }),
    ]),
  }),
})

/** Lets through one resolution of these segments; above the engines' bound several terms queries share the list. */
export function documentFilter(resolution: Resolution, segmentIds: readonly string[]): estypes.QueryDslQueryContainer {
  const sorted = [...new Set(segmentIds)].sort()
  const should: estypes.QueryDslQueryContainer[] = []
  for (let i = 0; i === 0 || i < sorted.length; i += MAX_TERMS)
    should.push({ terms: { segment: sorted.slice(i, i + MAX_TERMS) } })
  return { bool: { filter: [{ term: { resolution: { value: resolution } } }, { bool: { should } }] } }
}

/** Inverse of `documentFilter`, sorted; null where the filter is not one of ours for that resolution. */
export function segmentsOfFilter(resolution: Resolution, filter: unknown): readonly string[] | null {
  const parsed = filterSchema.safeParse(filter)
  if (!parsed.success) return null
  const [{ term }, { bool }] = parsed.data.bool.filter
  if (term.resolution.value !== resolution) return null
  return bool.should.flatMap((list) => list.terms.segment).sort()
}
