import { compileDecoder } from '../../core/decode/compile-decoder.js'
import type { Decoder } from '../../core/decode/decoder.js'
import type { Catalog } from '../../core/define/compile-catalog.js'

/** A record on its way to a stream. */
export interface Outgoing {
  readonly stream: string
  readonly key: string | null
  readonly value: string
}

/** A record and when to send it, in ms after the start; 0 throughout: as fast as acknowledged. */
export interface Paced {
  readonly record: Outgoing
  readonly afterMs: number
}

/** No gap is longer, however far apart the events were. */
const MAX_GAP_MS = 1_000

/** File order, `rate` records a second; without a rate, at once. */
export async function* inFileOrder(records: AsyncIterable<Outgoing>, rate?: number): AsyncGenerator<Paced> {
  let n = 0
  for await (const record of records) yield { record, afterMs: rate ? (n++ * 1000) / rate : 0 }
}

/** Order of event time, gaps divided by `speedup`. A record without a readable event time stays behind the one before it in the file. */
export async function* byEventTime(
  catalog: Catalog,
  records: AsyncIterable<Outgoing>,
  speedup: number,
): AsyncGenerator<Paced> {
  const decoders = new Map<string, Decoder>()
  const all: { record: Outgoing; eventMs: number }[] = []
  let last = Number.NEGATIVE_INFINITY
  for await (const record of records) {
    last = eventTimeOf(catalog, decoders, record) ?? last
    all.push({ record, eventMs: last })
  }
  all.sort((a, b) => (a.eventMs < b.eventMs ? -1 : a.eventMs > b.eventMs ? 1 : 0))
  let afterMs = 0
  let before = all[0]?.eventMs ?? 0
  for (const { record, eventMs } of all) {
    // before the first readable time the gap is not a number: no wait
    afterMs += Math.min(MAX_GAP_MS, (eventMs - before) / speedup || 0)
    before = eventMs
    yield { record, afterMs }
  }
}

function eventTimeOf(catalog: Catalog, decoders: Map<string, Decoder>, record: Outgoing): number | undefined {
  const stream = catalog.streams.get(record.stream)
  if (!stream) return undefined
  const decoder = decoders.get(stream.name) ?? compileDecoder(stream)
  decoders.set(stream.name, decoder)
  // the broker's time only decides whether an event lies in the future, which pacing does not care about
  const decoded = decoder.decode(Buffer.from(record.value), Number.MAX_SAFE_INTEGER)
  const time = decoded.ok ? decoded.row[stream.eventTime] : null
  return typeof time === 'number' ? time : undefined
}
