import { once } from 'node:events'
import { compileFold } from '../../core/compile/compile-fold.js'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { BENCH_STREAM, benchCatalog } from './bench-definitions.js'
import { BENCH_START_MS, searchEvents } from './search-events.js'

/** Raw values in memory, repeated. */
const DISTINCT = 300_000
const EPOCH_MS = 3_600_000

/** One thread, no Kafka, no Redis: the product's own decode (parse, validation, times) and fold. */
const [{ records }] = (await once(process, 'message')) as [{ records: number }]
const events = searchEvents(1, BENCH_START_MS)
const values = Array.from({ length: DISTINCT }, () => Buffer.from(events.next().value as string))
const { streams, streamViews } = benchCatalog('bare')
const stream = streams.get(BENCH_STREAM)
if (!stream) throw new Error(`there is no stream ${BENCH_STREAM}`)
const decoder = compileDecoder(stream)
const fold = compileFold(stream, streamViews(BENCH_STREAM, EPOCH_MS), EPOCH_MS)
const now = BENCH_START_MS + EPOCH_MS

const loop = (count: number) => {
  for (let n = 0; n < count; n++) {
    const decoded = decoder.decode(values[n % DISTINCT] as Buffer, now)
    if (decoded.ok) fold.add(decoded.row, 0)
    else throw new Error(`a benchmark record was rejected: ${decoded.reason} ${decoded.field}`)
  }
}
loop(DISTINCT) // let the compiler warm up, as the speed layer's first batches do for it
const started = performance.now()
loop(records)
process.send?.({ eventsPerSecond: records / ((performance.now() - started) / 1000) })
