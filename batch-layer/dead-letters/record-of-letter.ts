import { crc32 } from '../../core/decode/crc32.js'
import type { DeadLetter } from '../../core/decode/dead-letter.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { LogRecord, LogStore } from '../../stores/log/log-port.js'

interface Deps {
  readonly log: Pick<LogStore, 'offsets' | 'readRange'>
  readonly lake: Pick<LakeStore, 'manifests' | 'openScratch'>
}

/**
 * The whole value of a refused record. A letter that holds only its head is completed from the topic or, where the record
 * is gone from there, from the lake's rejected records; length and checksum must be those that the letter says.
 *
 * @returns undefined where it lies nowhere any more
 */
export async function valueOfLetter(
  deps: Deps,
  stream: StreamDefinition,
  letter: DeadLetter,
): Promise<Buffer | null | undefined> {
  const { value } = letter
  switch (value.encoding) {
    case 'none':
      return null
    case 'utf8':
      return Buffer.from(value.text, 'utf8')
    case 'base64':
      return Buffer.from(value.text, 'base64')
    case 'head': {
      const same = (bytes: Buffer | null): bytes is Buffer =>
        bytes !== null && bytes.length === value.bytes && crc32(bytes) === value.crc32
      const inTopic = (await recordInTopic(deps, letter))?.value ?? null
      if (same(inTopic)) return inTopic
      const inLake = await valueInLake(deps, stream, letter)
      return same(inLake) ? inLake : undefined
    }
  }
}

async function recordInTopic({ log }: Deps, { topic, partition, offset }: DeadLetter): Promise<LogRecord | null> {
  const held = (await log.offsets(topic)).find((offsets) => offsets.partition === partition)
  if (held === undefined || offset < held.low || offset >= held.high) return null
  for await (const { records } of log.readRange({ topic, partition, from: offset, to: offset + 1 })) {
    const found = records.find((record) => record.offset === offset)
    if (found) return found
  }
  return null
}

async function valueInLake({ lake }: Deps, stream: StreamDefinition, letter: DeadLetter): Promise<Buffer | null> {
  const { partition, offset } = letter
  const holds = (p: { readonly partition: number; readonly from: number; readonly to: number }): boolean =>
    p.partition === partition && p.from <= offset && offset < p.to
  const manifest = (await lake.manifests(stream.name)).find(({ partitions }) => partitions.some(holds))
  if (manifest === undefined) return null
  const scratch = await lake.openScratch()
  try {
    const one = { ...manifest, partitions: manifest.partitions.filter(holds) }
    await scratch.loadManifest('rejected', [one], stream, 'rejected')
    const [row] = await scratch.query(`SELECT _value FROM rejected WHERE _offset = ${offset}`)
    const value = (row as { _value?: unknown } | undefined)?._value
    return value instanceof Uint8Array ? Buffer.from(value) : null
  } finally {
    await scratch.close()
  }
}
