import type { EncodedCell } from '../../core/cell/cell.js'
import { windowOfKey } from '../../core/cell/cell-key.js'
import type { Segment } from '../../core/seam/segment.js'
import { dayNumber } from '../../core/time/day-number.js'

/** Cells of a bucket at most. */
export const BUCKET_CELLS = 2000
/** UTF-8 bytes of a bucket's keys and registers at most, unless one cell alone has more. */
export const BUCKET_BYTES = 1_000_000

/**
 * Cells of one segment and one event day. Keys and registers are lines of text in the same order, as neither holds a
 * newline: MongoDB moves one long text several times faster than thousands of short ones.
 */
export interface CellBucket {
  /** `<segment>.<first 16 digits of its checksum>.<day>.<shard>`, of fixed width, so that days are ranges of ids. */
  readonly _id: string
  /** Number of cells. */
  readonly n: number
  /** Number of buckets of this day. */
  readonly shards: number
  readonly keys: string
  readonly registers: string
}

/** Cells come ordered by window, then by key; the same cells give the same buckets. */
export function bucketsOf(segment: Segment, cells: readonly EncodedCell[]): readonly CellBucket[] {
  const days = new Map<number, EncodedCell[]>()
  let cachedStart = Number.NaN
  let cachedDay = 0
  for (const cell of cells) {
    const start = windowOfKey(cell.key)
    if (start !== cachedStart) {
      cachedStart = start
      cachedDay = dayNumber(start)
    }
    const ofDay = days.get(cachedDay)
    if (ofDay === undefined) days.set(cachedDay, [cell])
    else ofDay.push(cell)
  }
  const buckets: CellBucket[] = []
  for (const [day, ofDay] of days) {
    const shards = split(ofDay)
    shards.forEach((shard, i) => {
      buckets.push({
        _id: bucketId(segment, day, i),
        n: shard.length,
        shards: shards.length,
        keys: shard.map(({ key }) => key).join('\n'),
        registers: shard.map(({ registers }) => registers).join('\n'),
      })
    })
  }
  return buckets
}

/** The day in a bucket's id. */
export function dayOfBucket(id: string): number {
  return Number(id.split('.')[2])
}

/**
 * The descriptor is what readers go by: what it does not announce would never be read.
 * @throws Error where the buckets hold another number of cells or other days
 */
export function checkDays(segment: Segment, buckets: readonly CellBucket[]): void {
  const cells = buckets.reduce((sum, { n }) => sum + n, 0)
  const days = [...new Set(buckets.map(({ _id }) => dayOfBucket(_id)))].sort((a, b) => a - b)
  if (cells !== segment.cells || days.join() !== segment.days.join()) {
    throw new Error(
      `segment ${segment.id} of view "${segment.view}" announces ${segment.cells} cells of the days ${segment.days.join()} and has ${cells} of ${days.join()}`,
    )
  }
}

export function cellsOf(
  { keys, registers, n }: Pick<CellBucket, 'keys' | 'registers' | 'n'>,
  into: EncodedCell[],
): void {
  const key = keys.split('\n')
  const value = registers.split('\n')
  if (key.length !== n || value.length !== n) {
    throw new Error(`${key.length} keys and ${value.length} registers where ${n} cells are announced`)
  }
  for (let i = 0; i < n; i++) into.push({ key: key[i] as string, registers: value[i] as string })
}

function split(cells: readonly EncodedCell[]): readonly EncodedCell[][] {
  const shards: EncodedCell[][] = []
  let current: EncodedCell[] = []
  let bytes = 0
  for (const cell of cells) {
    const size = Buffer.byteLength(cell.key) + Buffer.byteLength(cell.registers) + 2
    if (current.length > 0 && (current.length >= BUCKET_CELLS || bytes + size > BUCKET_BYTES)) {
      shards.push(current)
      current = []
      bytes = 0
    }
    current.push(cell)
    bytes += size
  }
  if (current.length > 0) shards.push(current)
  return shards
}

/** `<segment>.<first 16 digits of its checksum>.<day>.<shard>`, shards from 0. */
export function bucketId(segment: Pick<Segment, 'id' | 'checksum'>, day: number, shard: number): string {
  return `${cellsName(segment)}.${padded(day, 8)}.${padded(shard, 6)}`
}

/** Begins the ids of a segment's buckets: `<segment>.<first 16 digits of its checksum>`. */
export function cellsName({ id, checksum }: Pick<Segment, 'id' | 'checksum'>): string {
  return `${id}.${checksum.slice(0, 16)}`
}

function padded(n: number, width: number): string {
  return String(n).padStart(width, '0')
}
