import { resolve } from 'node:path'
import type { Catalog } from '../../core/define/compile-catalog.js'
import type { Mapping } from '../../core/define/pipeline.js'
import type { Clock } from '../../core/time/clock.js'
import { openLog } from '../../stores/log/index.js'
import { jsonLogger } from '../../stores/logger.js'
import type { Instance } from '../instance/instance.js'
import { pickStreams } from '../instance/pick-streams.js'
import { UserError } from '../instance/user-error.js'
import { loadModule } from '../pipelines/load-pipelines.js'
import { byEventTime, inFileOrder, type Outgoing } from './pacing.js'
import { readRows } from './read-rows.js'
import { recordKey } from './record-key.js'
import { sendPaced } from './send-paced.js'

export interface ProduceInput {
  readonly stream: string
  readonly file: string
  /** Path of a module that exports `mapping`. */
  readonly mapping?: string
  /** Records a second, in file order. */
  readonly rate?: number
  /** Event-time gaps are divided by it. */
  readonly speedup?: number
  readonly clock: Clock
}

export interface ProduceResult {
  readonly file: string
  /** Rows in the file = sent + left out. */
  readonly rows: number
  readonly sent: number
  /** Records per stream. */
  readonly streams: Readonly<Record<string, number>>
  /** Rows that the mapping left out, per reason. */
  readonly leftOut: Readonly<Record<string, number>>
  readonly seconds: number
}

/** Sends a file's rows to their streams and returns when the broker has acknowledged the last one. */
export async function produceFile(instance: Instance, input: ProduceInput): Promise<ProduceResult> {
  const { catalog } = instance
  pickStreams(catalog, [input.stream])
  const mapping = input.mapping ? await loadMapping(input.mapping) : undefined
  const leftOut: Record<string, number> = {}
  const streams: Record<string, number> = {}
  let rows = 0

  async function* outgoing(): AsyncGenerator<Outgoing> {
    for await (const row of readRows(input.file)) {
      rows++
      const record = toRecord(catalog, input.stream, mapping, row)
      if ('leaveOut' in record) {
        leftOut[record.leaveOut] = (leftOut[record.leaveOut] ?? 0) + 1
        continue
      }
      streams[record.stream] = (streams[record.stream] ?? 0) + 1
      yield record
    }
  }

  const started = input.clock.now()
  const paced = input.speedup ? byEventTime(catalog, outgoing(), input.speedup) : inFileOrder(outgoing(), input.rate)
  const log = await openLog((await instance.connections()).kafka, {
    clientId: 'tandem-produce',
    logger: jsonLogger('produce'),
  })
  try {
    const sent = await sendPaced(log, catalog, paced, input.clock)
    return { file: input.file, rows, sent, streams, leftOut, seconds: (input.clock.now() - started) / 1000 }
  } finally {
    await log.close()
  }
}

type Row = Awaited<ReturnType<ReturnType<typeof readRows>['next']>>['value']

function toRecord(
  catalog: Catalog,
  streamName: string,
  mapping: Mapping | undefined,
  row: Row,
): Outgoing | { leaveOut: string } {
  if (mapping) {
    if (row.kind !== 'cells') throw new UserError('A mapping reads CSV rows; this file has JSON lines.')
    const mapped = mapping.map(row.cells, row.line)
    if ('leaveOut' in mapped) return mapped
    return { stream: mapped.stream, key: mapped.key, value: JSON.stringify(mapped.value) }
  }
  const stream = catalog.stream(streamName)
  if (row.kind === 'cells')
    return { stream: streamName, key: recordKey(stream, row.cells), value: JSON.stringify(row.cells) }
  return { stream: streamName, key: recordKey(stream, parsed(row.text)), value: row.text }
}

/** A bad line is sent as it stands: it ends as a dead letter with its reason. It only has no key. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

async function loadMapping(path: string): Promise<Mapping> {
  const { mapping } = await loadModule(resolve(path))
  if (!isMapping(mapping))
    throw new UserError(`${path} exports no mapping: expected \`export const mapping = defineMapping({ … })\`.`)
  return mapping
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Mapping>).map === 'function'
}
