import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { Mapping } from '../../core/define/pipeline.js'
import type { ImportManifest, RejectedRow } from '../../core/seam/import-manifest.js'
import type { BatchDeps, BatchRun } from '../batch-deps.js'
import type { StreamPlan } from '../stream-plan.js'
import { type FileRow, fileKind, fileRows } from './file-rows.js'
import { ImportFileError } from './import-errors.js'

/** A file to be imported. */
export interface ImportFile {
  /** Absolute; readable where the worker runs. */
  readonly path: string
  /** Makes records of CSV rows; absent: a row's cells are the record. */
  readonly mapping?: Mapping
  /** Stands for the broker time of its rows, UTC ms. */
  readonly importedAtMs: number
}

/** Rejected rows that the manifest shows. */
const EXAMPLES = 20
/** Between two looks at the signal and two words of progress. */
const PROGRESS_ROWS = 10_000

/**
 * Brings a file into the lake: every row through the stream's one decoder, accepted and rejected rows beside each other. Of
 * the rows with one id the first counts. A file with the same bytes that is there already is not read a second time, whatever its name.
 *
 * @throws ImportFileError where the file cannot be imported as it is; nothing of it is then in the lake
 */
export async function archiveFile(
  deps: Pick<BatchDeps, 'lake' | 'newId'>,
  plan: StreamPlan,
  file: ImportFile,
  run: BatchRun,
): Promise<ImportManifest> {
  const { lake } = deps
  fileKind(file.path)
  const before = await identity(file.path)
  const sha256 = await hashOf(file.path, run)
  const known = await lake.imports.manifest(plan.stream.name, sha256)
  if (known !== null) return known
  const attempt = deps.newId()
  const writer = await lake.imports.open({ stream: plan.stream, sha256, attempt })
  try {
    const counted = await writeRows(deps, plan, file, writer, run)
    const after = await identity(file.path)
    if (after.text !== before.text) throw new ImportFileError(file.path, 'was changed while it was read')
    const parts = await writer.finish(counted.rows)
    const duplicates = parts.reduce((sum, part) => sum + (part.kind === 'duplicates' ? part.rows : 0), 0)
    return await lake.imports.seal({
      version: 1,
      stream: plan.stream.name,
      streamHash: plan.stream.hash,
      sha256,
      name: basename(file.path),
      bytes: before.bytes,
      mapping: file.mapping?.name ?? null,
      importedAtMs: file.importedAtMs,
      attempt,
      ...counted,
      accepted: counted.accepted - duplicates,
      duplicates,
      parts,
    })
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

type Counted = Pick<ImportManifest, 'rows' | 'accepted' | 'rejected' | 'reasons' | 'examples' | 'events'>

async function writeRows(
  { lake }: Pick<BatchDeps, 'lake'>,
  { stream }: StreamPlan,
  { path, mapping, importedAtMs }: ImportFile,
  writer: Awaited<ReturnType<BatchDeps['lake']['imports']['open']>>,
  run: BatchRun,
): Promise<Counted> {
  const decoder = compileDecoder(stream)
  const recordOf = mapping === undefined ? plainValue : mappedBy(path, mapping, stream.name)
  const reasons: Record<string, number> = {}
  const examples: RejectedRow[] = []
  let rows = 0
  let accepted = 0
  let fromMs = Number.POSITIVE_INFINITY
  let toMs = Number.NEGATIVE_INFINITY
  const reject = (row: RejectedRow, value: Uint8Array): void => {
    writer.appendRejected(rows, row, value)
    reasons[row.reason] = (reasons[row.reason] ?? 0) + 1
    if (examples.length < EXAMPLES) examples.push(row)
  }
  for await (const batch of fileRows(lake, path)) {
    for (const row of batch) {
      const { line } = row
      const value = recordOf(row)
      if ('leftOut' in value) {
        reject(
          { line, reason: value.leftOut, field: null, value: null, expected: 'a row that the mapping takes' },
          asJson(row),
        )
      } else {
        const decoded = decoder.decode(value.json, importedAtMs)
        if (decoded.ok) {
          writer.append(rows, decoded.row, decoder.extras(value.json))
          accepted++
          const eventMs = decoded.row[stream.eventTime] as number
          if (eventMs < fromMs) fromMs = eventMs
          if (eventMs > toMs) toMs = eventMs
        } else {
          const { reason, field, value: found, expected } = decoded
          reject({ line, reason, field, value: found, expected }, value.json)
        }
      }
      if (++rows % PROGRESS_ROWS === 0) {
        run.signal?.throwIfAborted()
        run.progress?.({ step: 'archive', rows, accepted })
      }
    }
    await writer.drain()
  }
  const events = accepted === 0 ? null : { fromMs, toMs }
  return { rows, accepted, rejected: rows - accepted, reasons, examples, events }
}

type Value = { readonly json: Buffer } | { readonly leftOut: string }

function plainValue(row: FileRow): Value {
  return { json: asJson(row) }
}

/** Rows that a mapping leaves out, or gives to another stream, are rejected rows here: an import accounts for every row. */
function mappedBy(path: string, mapping: Mapping, stream: string): (row: FileRow) => Value {
  return (row) => {
    if ('json' in row) throw new ImportFileError(path, `mapping "${mapping.name}" reads CSV rows`)
    const mapped = mapping.map(row.cells, row.line)
    if ('leaveOut' in mapped) return { leftOut: mapped.leaveOut }
    if (mapped.stream !== stream) return { leftOut: 'other-stream' }
    return { json: Buffer.from(JSON.stringify(mapped.value)) }
  }
}

function asJson(row: FileRow): Buffer {
  return 'json' in row ? row.json : Buffer.from(JSON.stringify(row.cells))
}

/** Changes whenever the file's content may have. */
async function identity(path: string): Promise<{ readonly text: string; readonly bytes: number }> {
  try {
    const { size, mtimeMs, ino, dev } = await stat(path)
    return { text: [size, mtimeMs, ino, dev].join(' '), bytes: size }
  } catch (cause) {
    throw new ImportFileError(path, `cannot be read by the worker: ${(cause as Error).message}`)
  }
}

async function hashOf(path: string, run: BatchRun): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      run.signal?.throwIfAborted()
      hash.update(chunk as Buffer)
    }
  } catch (cause) {
    if (run.signal?.aborted) throw cause
    throw new ImportFileError(path, `cannot be read by the worker: ${(cause as Error).message}`)
  }
  return hash.digest('hex')
}
