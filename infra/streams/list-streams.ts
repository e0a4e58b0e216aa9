import { epochStartText } from '../../core/time/epoch-start-text.js'
import { openLog } from '../../stores/log/index.js'
import { jsonLogger } from '../../stores/logger.js'
import { openWarm } from '../../stores/warm/index.js'
import { durationText } from '../instance/duration.js'
import type { Instance } from '../instance/instance.js'

/** A stream as `tandem stream list` shows it. */
export interface StreamRow {
  readonly stream: string
  readonly topic: string
  readonly partitions: number
  /** Offsets that the log holds. */
  readonly offsets: number
  /** null: for ever. */
  readonly retention: string | null
  readonly epoch: string | null
  /** First epoch that is not sealed in every partition, by its start; null before the first seal. */
  readonly sealedTo: string | null
  /** Offsets that are not sealed. */
  readonly unsealed: number
}

/** The catalog's streams that were started. */
export async function listStreams(instance: Instance): Promise<readonly StreamRow[]> {
  const connections = await instance.connections()
  const log = openLog(connections.kafka, { clientId: 'tandem-cli', logger: jsonLogger('cli') })
  const warm = await openWarm(connections.mongo)
  try {
    const settings = new Map((await warm.streams()).map((one) => [one.stream, one]))
    const rows: StreamRow[] = []
    for (const { name, topic } of instance.catalog.streams.values()) {
      const epochMs = settings.get(name)?.epochMs
      if (epochMs === undefined) continue
      const ends = await log.offsets(topic)
      const retentionMs = await log.retentionMs(topic)
      const pointer = await warm.pointer(name)
      const boundary = (pointer && (await warm.snapshot(pointer.snapshot)))?.boundary ?? {}
      // a partition that never had a record has no epoch, and holds nothing back
      const epochs = Object.values(boundary).flatMap(({ epoch }) => (epoch > 0 ? [epoch] : []))
      rows.push({
        stream: name,
        topic,
        partitions: ends.length,
        offsets: ends.reduce((sum, { low, high }) => sum + high - low, 0),
        retention: retentionMs === null ? null : durationText(retentionMs),
        epoch: durationText(epochMs),
        sealedTo: epochs.length === 0 ? null : epochStartText(Math.min(...epochs), epochMs),
        unsealed: ends.reduce((sum, { partition, low, high }) => sum + high - (boundary[partition]?.offset ?? low), 0),
      })
    }
    return rows
  } finally {
    await Promise.all([log.close(), warm.close()])
  }
}
