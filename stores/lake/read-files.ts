import { join } from 'node:path'
import type { EpochManifest, PartFile } from '../../core/seam/manifest.js'
import { emptyRelation, type LakeColumn, quoteText } from './lake-columns.js'

/** Files of one kind by partition. */
export function filesOf(
  manifests: readonly EpochManifest[],
  kind: PartFile['kind'],
): ReadonlyMap<number, readonly string[]> {
  const files = new Map<number, string[]>()
  for (const { partitions } of manifests) {
    for (const partition of partitions) {
      const ofKind = partition.files.filter((file) => file.kind === kind).map(({ file }) => file)
      if (ofKind.length > 0) files.set(partition.partition, [...(files.get(partition.partition) ?? []), ...ofKind])
    }
  }
  return files
}

/**
 * A relation over the rows of these files.
 *
 * @param columns those that a query may read. Files written before a column was declared lack it, so where the stream's
 * definition changed an empty relation adds it; leave out `columns` where it did not, which is faster.
 */
export function readFiles(root: string, files: readonly string[], columns?: readonly LakeColumn[]): string {
  const paths = files.map((file) => quoteText(join(root, file))).join(', ')
  const read = `read_parquet([${paths}], union_by_name = true)`
  return columns === undefined
    ? read
    : `(SELECT * FROM ${read} UNION ALL BY NAME SELECT * FROM ${emptyRelation(columns)})`
}
