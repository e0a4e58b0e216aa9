import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { EpochManifest } from '../../core/seam/index.js'
import type { Scratch } from '../../stores/lake/index.js'

/**
 * Judges anew which decodable records repeat an earlier one, by the database's own window functions: whatever the layers
 * took for accepted or for a duplicate is put together and parted again. Only what was sealed by another definition of the
 * stream stays as it was sealed, as that one may have had another id.
 *
 * @param tables accepted rows (those of the topic not yet told apart) and duplicates; both are replaced
 */
export async function recountDuplicates(
  scratch: Scratch,
  { id, hash }: StreamDefinition,
  tables: { readonly accepted: string; readonly duplicates: string },
  manifests: readonly EpochManifest[],
): Promise<void> {
  const [accepted, duplicates, judged] = [tables.accepted, tables.duplicates, `${tables.accepted}.judged`].map(quoted)
  const names = (id ?? []).map(quoted)
  const before = `lag(_epoch) OVER (PARTITION BY _partition, ${names.join(', ')} ORDER BY _offset)`
  const unnamed = names.map((name) => `${name} IS NULL`).join(' OR ')
  await scratch.query(
    `CREATE TABLE ${judged} AS SELECT * EXCLUDE (_sealed, _before),
      CASE WHEN ${sealedOtherwise(manifests, hash)} THEN _sealed ELSE coalesce(_before >= _epoch - 1, false) END AS _repeats
      FROM (SELECT *, CASE WHEN ${unnamed} THEN NULL ELSE ${before} END AS _before
        FROM (SELECT *, false AS _sealed FROM ${accepted} UNION ALL BY NAME SELECT *, true AS _sealed FROM ${duplicates}))`,
  )
  for (const [table, repeats] of [
    [accepted, 'NOT _repeats'],
    [duplicates, '_repeats'],
  ])
    await scratch.query(
      `CREATE OR REPLACE TABLE ${table} AS SELECT * EXCLUDE (_repeats) FROM ${judged} WHERE ${repeats}`,
    )
  await scratch.query(`DROP TABLE ${judged}`)
}

/** A condition on what lies below the end of the last range that another definition sealed. */
function sealedOtherwise(manifests: readonly EpochManifest[], hash: string): string {
  const ends = new Map<number, number>()
  for (const { streamHash, partitions } of manifests)
    if (streamHash !== hash) for (const { partition, to } of partitions) ends.set(partition, to)
  const terms = [...ends].map(([partition, to]) => `(_partition = ${partition} AND _offset < ${to})`)
  return terms.join(' OR ') || 'false'
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
