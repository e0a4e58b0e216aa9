import { z } from 'zod'
import type { EpochManifest } from '../../core/seam/manifest.js'

const count = z.int().nonnegative()
const text = z.string().min(1)

const partFile = z.strictObject({
  file: text,
  kind: z.enum(['records', 'rejected', 'duplicates']),
  rows: count,
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const partition = z.strictObject({
  partition: count,
  from: count,
  to: count,
  epoch: z.int(),
  open: z.boolean(),
  read: count,
  accepted: count,
  rejected: count,
  duplicates: count,
  ticks: count,
  last: z.strictObject({ offset: count, timeMs: z.int(), crc: count }).nullable(),
  lost: z.array(z.strictObject({ from: count, to: count })),
  files: z.array(partFile),
})

const manifest = z.strictObject({
  version: z.literal(1),
  stream: text,
  streamHash: text,
  epoch: z.int(),
  epochMs: z.int().positive(),
  sealedAtMs: z.int(),
  attempt: text,
  cuts: z.array(z.strictObject({ partition: count, offset: count, to: count, epoch: z.int() })),
  partitions: z.array(partition),
}) satisfies z.ZodType<EpochManifest>

/**
 * Reads a manifest file's content.
 * @param file named in the error
 */
export function parseManifest(file: string, content: string): EpochManifest {
  let data: unknown
  try {
    data = JSON.parse(content)
  } catch (cause) {
    throw new Error(`manifest "${file}" is not JSON: ${(cause as Error).message}`, { cause })
  }
  const parsed = manifest.safeParse(data)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new Error(`manifest "${file}": ${issue?.path.join('.') || 'the whole'}: ${issue?.message}`)
  }
  return parsed.data
}
