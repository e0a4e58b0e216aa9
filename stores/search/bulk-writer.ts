import type { Client } from '@elastic/elasticsearch'
import { z } from 'zod'
import type { CellDocument } from './cell-documents.js'
import type { CompiledSearchOptions } from './search-options.js'
import { SearchUnavailableError } from './search-unavailable-error.js'
import { attempts, mayPass, withRetries } from './with-retries.js'

const reply = z.object({
  items: z.array(
    z.object({
      index: z.object({
        _id: z.string(),
        status: z.int(),
        error: z.object({ reason: z.string().nullish() }).optional(),
      }),
    }),
  ),
})

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
  documents: Iterable<CellDocument>,
  options: CompiledSearchOptions,
): Promise<void> {
  let batch: CellDocument[] = []
  let bytes = 0
  for (const document of documents) {
    const size = Buffer.byteLength(document.source) + 100
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
  documents: readonly CellDocument[],
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
  documents: readonly CellDocument[],
  options: CompiledSearchOptions,
): Promise<readonly CellDocument[]> {
  const body = documents.map(({ id, source }) => `{"index":{"_id":${JSON.stringify(id)}}}\n${source}\n`).join('')
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
  const refused: CellDocument[] = []
  items.forEach(({ index: item }, i) => {
    if (item.status < 300) return
    if (!mayPass(item.status)) {
      throw new Error(
        `index "${index}" at ${address}: document ${item._id} was refused (${item.status}): ${item.error?.reason}`,
      )
    }
    refused.push(documents[i] as CellDocument)
  })
  return refused
}
