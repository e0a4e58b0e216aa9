import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow'
import { longSteps, shortSteps } from './activity-options.js'
import { memoOf, searchAttributesOf } from './describe-run.js'
import { isStale } from './failure-of.js'
import type { ImportInput, ImportReport } from './import-contract.js'

/** Times that segments are computed again because the views in force changed meanwhile. */
const MAX_STALE = 3

/**
 * Brings a file into the lake and puts it in force: archive, complete what the snapshot lacks (so that the views in force
 * are those that the file is computed for), segments, publish, aliases. Each step may be repeated.
 */
export async function importFile(input: ImportInput): Promise<ImportReport> {
  const { stream, path, mapping, overlap, reason } = input
  const importedAtMs = Date.now()
  const { pipeline } = await shortSteps.resolveEpoch({ stream, choice: { kind: 'ended' } })
  const subject = { pipeline, stream, reason }
  upsertMemo({ ...memoOf(subject), file: path })
  if (input.searchAttributes) upsertSearchAttributes(searchAttributesOf(subject))
  const archived = await longSteps.archiveFile({
    stream,
    path,
    importedAtMs,
    ...(mapping === undefined ? {} : { mapping }),
  })
  for (let stale = 0; ; stale++) {
    const lacking = await longSteps.buildSegments({ stream })
    try {
      await shortSteps.publish({ stream, work: lacking })
      const work = await longSteps.importSegments({ stream, choice: { sha256: archived.sha256, overlap } })
      const { snapshot, already, checksum } = await longSteps.publishImport({ stream, work })
      await shortSteps.setAliases({ stream })
      return { ...archived, stream, file: path, already, checksum, snapshot }
    } catch (error) {
      if (!isStale(error) || stale === MAX_STALE) throw error
    }
  }
}
