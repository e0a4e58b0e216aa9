import type { Client } from '@elastic/elasticsearch'
import { z } from 'zod'
import type { CompiledSearchOptions } from './search-options.js'
import { SearchUnavailableError } from './search-unavailable-error.js'
import { attempts, mayPass, withRetries } from './with-retries.js'

/** One document to write or, without a source, to remove. */
export interface BulkDocument {
  readonly id: string
  /** JSON of the document; null removes it. */
  readonly source: string | null
  /** What is there in this version or a later one stays. Absent: it is replaced whatever is there. */
  readonly version?: bigint
}

const outcome = z.object({
  _id: z.string(),
  status: z.int(),
  error: z.object({ reason: z.string().nullish() }).optional(),
})
const reply = z.object({
  items: z.array(
    z.union([
      z.object({ index: outcome }).transform(({ index }) => index),
      z.object({ delete: outcome }).transform((item) => item.delete),
    ]),
  ),
})

/** What was removed before, or is there in a later version. */
const NOTHING_TO_DO = new Set([404, 409])

/**
 * Writes documents in requests of bounded size. A request that is refused as a whole and documents that are refused
 * singly (429) are sent again, both a bounded number of times.
 *
 * @throws Error naming the index and a document that the engine will never take; SearchUnavailableError
 */
export async function writeDocuments(
  client: Client,
  address: string,
  index: string,
  documents: Iterable<BulkDocument>,
  options: CompiledSearchOptions,
): Promise<void> {
  let batch: BulkDocument[] = []
  let bytes = 0
  for (const document of documents) {
    const size = Buffer.byteLength(document.source ?? '') + 100
    if (batch.length > 0 && (batch.length >= options.bulkDocuments || bytes + size > options.bulkBytes)) {
      await writeBatch(client, address, index, batch, options)
      batch = []
      bytes = 0
    }
    batch.push(document)
    bytes += size
  }
  if (batch.length > 0) await writeBatch(client, address, index, batch, options)
}

async function writeBatch(
  client: Client,
  address: string,
  index: string,
  documents: readonly BulkDocument[],
  options: CompiledSearchOptions,
): Promise<void> {
  let left = documents
  for await (const _ of attempts(options)) {
    left = await send(client, address, index, left, options)
    if (left.length === 0) return
  }
  throw new SearchUnavailableError(
    address,
    new Error(`${left.length} documents of index "${index}" were refused as too many`),
  )
}

/** Sends the documents; returns those that were refused for now. */
async function send(
  client: Client,
  address: string,
  index: string,
  documents: readonly BulkDocument[],
  options: CompiledSearchOptions,
): Promise<readonly BulkDocument[]> {
  const body = documents.map(lines).join('')
  const answer: unknown = await withRetries(address, options, () =>
    client.transport.request({
      method: 'POST',
      path: `/${encodeURIComponent(index)}/_bulk`,
      querystring: { filter_path: 'items.*._id,items.*.status,items.*.error.reason' },
      bulkBody: body,
    }),
  )
  const { items } = reply.parse(answer)
  if (items.length !== documents.length) {
    throw new Error(`index "${index}" at ${address}: ${items.length} answers for ${documents.length} documents`)
  }
  const refused: BulkDocument[] = []
  items.forEach((item, i) => {
    const document = documents[i] as BulkDocument
    const late = NOTHING_TO_DO.has(item.status) && (document.version !== undefined || document.source === null)
    if (item.status < 300 || late) return
    if (!mayPass(item.status)) {
      throw new Error(
        `index "${index}" at ${address}: document ${item._id} was refused (${item.status}): ${item.error?.reason}`,
      )
    }
    refused.push(document)
  })
  return refused
}

function lines({ id, source, version }: BulkDocument): string {
  const versioned = version === undefined ? '' : `,"version":${version},"version_type":"external"`
  const action = `{"${source === null ? 'delete' : 'index'}":{"_id":${JSON.stringify(id)}${versioned}}}\n`
  return source === null ? action : `${action}${source}\n`
}
