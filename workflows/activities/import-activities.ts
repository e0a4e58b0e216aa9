import type { BatchDeps, BatchRun } from '../../batch-layer/batch-deps.js'
import { archiveFile } from '../../batch-layer/import/archive-file.js'
import type { ArchivedFile, ArchiveFileInput } from '../workflow/import-contract.js'
import type { StreamPlans } from './stream-plans.js'

/** Archives a file; the mapping is found by its name among the pipelines of this worker. */
export async function archivedFile(
  deps: Pick<BatchDeps, 'lake' | 'newId'> & { readonly plans: StreamPlans },
  stream: string,
  { path, mapping, importedAtMs }: Omit<ArchiveFileInput, 'stream'>,
  run: BatchRun,
): Promise<ArchivedFile> {
  const manifest = await archiveFile(
    deps,
    await deps.plans.of(stream),
    { path, importedAtMs, ...(mapping === undefined ? {} : { mapping: deps.plans.mapping(mapping) }) },
    run,
  )
  const { sha256, rows, accepted, rejected, duplicates, reasons, examples, events, parts } = manifest
  const rejectedFiles = parts.filter(({ kind }) => kind === 'rejected').map(({ file }) => file)
  return { sha256, rows, accepted, rejected, duplicates, reasons, examples, rejectedFiles, events }
}
