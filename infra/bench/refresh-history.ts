import { publishSegments } from '../../batch-layer/publish/publish-segments.js'
import { buildSegments } from '../../batch-layer/segments/build-segments.js'
import type { StreamPlan } from '../../batch-layer/stream-plan.js'
import type { Row } from '../../core/define/column.js'
import type { EpochManifest, ManifestPartition } from '../../core/seam/index.js'
import { seededRandom } from '../../core/simulate/seeded-random.js'
import { zipf } from '../../core/simulate/zipf.js'
import type { LakeStore } from '../../stores/lake/lake-port.js'
import type { RefreshBenchDeps } from './refresh-deps.js'
import { BENCH_START_MS, wordOf } from './search-events.js'

const PARTITIONS = 2
const WORDS = 500
const ZIPF = 1.1
const MEMBERS = 100_000
const GENDERS = ['M', 'W', null] as const
const REGIONS = ['서울특별시', '경기도', '부산광역시', '대구광역시', '강원도'] as const
/** Rows between two looks at whether the files keep up. */
const DRAIN_ROWS = 20_000

/** Fills the lake with sealed epochs of search events, and publishes them hour by hour, as a week of seals would have. */
export async function writeHistory(
  deps: RefreshBenchDeps,
  plan: StreamPlan,
  { records, epochs, say }: { readonly records: number; readonly epochs: number; readonly say: (line: string) => void },
): Promise<void> {
  const draw = rowDraw()
  const first = Math.floor(BENCH_START_MS / plan.epochMs)
  const offsets = new Array<number>(PARTITIONS).fill(0)
  for (let n = 0; n < epochs; n++) {
    if (n % 24 === 0) say(`day ${n / 24 + 1} of ${Math.ceil(epochs / 24)}`)
    const rows = Math.floor(((n + 1) * records) / epochs) - Math.floor((n * records) / epochs)
    const manifest = await writeEpoch(deps.lake, plan, { epoch: first + n, rows, offsets, draw })
    await deps.lake.seal(manifest)
    await publishSegments(deps, plan, await buildSegments(deps, plan, {}))
  }
}

async function writeEpoch(
  lake: LakeStore,
  { stream, epochMs }: StreamPlan,
  epoch: { readonly epoch: number; readonly rows: number; readonly offsets: number[]; readonly draw: Draw },
): Promise<EpochManifest> {
  const startMs = epoch.epoch * epochMs
  const partitions = await Promise.all(
    epoch.offsets.map(async (from, partition): Promise<ManifestPartition> => {
      const rows = Math.floor((epoch.rows + partition) / epoch.offsets.length)
      const part = await lake.openPart({ stream, epoch: epoch.epoch, epochMs, partition, from, attempt: 'bench' })
      for (let n = 0; n < rows; n++) {
        const timeMs = startMs + Math.floor((n * epochMs) / rows)
        part.append({ offset: from + n, timeMs, epoch: epoch.epoch }, epoch.draw(timeMs), null)
        if (n % DRAIN_ROWS === DRAIN_ROWS - 1) await part.drain()
      }
      const to = from + rows
      epoch.offsets[partition] = to
      return {
        ...{ partition, from, to, epoch: epoch.epoch + 1, open: false, read: rows, accepted: rows, rejected: 0 },
        ...{ duplicates: 0, ticks: 0, last: null, lost: [], files: await part.finish(to) },
      }
    }),
  )
  return {
    ...{ version: 1, stream: stream.name, streamHash: stream.hash, epoch: epoch.epoch, epochMs },
    ...{ sealedAtMs: startMs + epochMs, attempt: 'bench', cuts: [], partitions },
  }
}

type Draw = (timeMs: number) => Row

/** Rows as the decoder makes them of search events. */
function rowDraw(): Draw {
  const random = seededRandom(1)
  const rank = zipf(WORDS, ZIPF)
  const words = Array.from({ length: WORDS }, (_, n) => wordOf(n))
  return (timeMs) => ({
    messageType: 'Kafka',
    timestamp: timeMs,
    event: 'UserSearchProduct',
    topic: 'log_nolabel',
    key: 'search',
    member_id: random.int(0, MEMBERS - 1),
    user_gender: random.pick(GENDERS),
    user_age: random.int(10, 89),
    user_region: random.pick(REGIONS),
    search_word: words[rank(random)] as string,
    searchclick_time: timeMs,
  })
}
