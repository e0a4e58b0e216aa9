import { z } from 'zod'
import { IMPORT_PART_KINDS, type ImportManifest } from '../../core/seam/import-manifest.js'

const count = z.int().nonnegative()
const text = z.string().min(1)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)

const part = z.strictObject({
  file: text,
  kind: z.enum(IMPORT_PART_KINDS),
  from: count,
  to: count,
  rows: count,
  bytes: count,
  sha256,
})

const rejectedRow = z.strictObject({
  line: count,
  reason: text,
  field: z.string().nullable(),
  value: z.string().nullable(),
  expected: z.string(),
})

const manifest = z.strictObject({
  version: z.literal(1),
  stream: text,
  streamHash: text,
  sha256,
  name: text,
  bytes: count,
  mapping: text.nullable(),
  importedAtMs: z.int(),
  attempt: text,
  rows: count,
  accepted: count,
  rejected: count,
  // of files that were imported before, none was looked for
  duplicates: count.default(0),
  reasons: z.record(z.string(), count),
  examples: z.array(rejectedRow),
  events: z.strictObject({ fromMs: z.int(), toMs: z.int() }).nullable(),
  parts: z.array(part),
}) satisfies z.ZodType<ImportManifest>

/**
 * Reads the content of an import's manifest.
 * @param file named in the error
 */
export function parseImportManifest(file: string, content: string): ImportManifest {
  let data: unknown
  try {
    data = JSON.parse(content)
  } catch (cause) {
    throw new Error(`import manifest "${file}" is not JSON: ${(cause as Error).message}`, { cause })
  }
  const parsed = manifest.safeParse(data)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Error(`import manifest "${file}": ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`)
}
