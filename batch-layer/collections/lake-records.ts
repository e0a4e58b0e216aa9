import type { Row } from '../../core/define/column.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import type { EpochManifest } from '../../core/seam/manifest.js'
import type { LakeStore, Scratch } from '../../stores/lake/lake-port.js'

/** A record as it lies in the lake; of an imported one `_offset` is the number of its row and there is no `_ts`. */
export type LakeRecord = Row & { readonly _offset: number }

/** Records read from the lake at once. */
const ROWS_AT_ONCE = 20_000
/** Counted once, but the latest document is the latest, as the live consumer writes it. */
const KINDS = ['records', 'duplicates'] as const

type Lake = Pick<LakeStore, 'openScratch'>

/** A partition's records of one epoch by offset, in pieces of bounded size. */
export async function* epochRecords(
  lake: Lake,
  stream: StreamDefinition,
  manifest: EpochManifest,
  partition: number,
): AsyncGenerator<readonly (LakeRecord & { readonly _ts: number })[]> {
  const partitions = manifest.partitions.filter(
    (one) => one.partition === partition && one.accepted + one.duplicates > 0,
  )
  if (partitions.length === 0) return
  const pieces = inPieces(lake, async (scratch, table) => {
    for (const kind of KINDS) await scratch.loadManifest(table, [{ ...manifest, partitions }], stream, kind)
  })
  // the lake's columns are the stream's, and its own
  yield* pieces as AsyncGenerator<readonly (LakeRecord & { readonly _ts: number })[]>
}

/** The good rows of an imported file in its order, in pieces of bounded size. */
export async function* importedRecords(
  lake: Lake,
  stream: StreamDefinition,
  manifest: ImportManifest,
): AsyncGenerator<readonly LakeRecord[]> {
  const starts = new Set(manifest.parts.filter(({ kind }) => kind !== 'rejected').map(({ from }) => from))
  for (const from of [...starts].sort((a, b) => a - b)) {
    const parts = manifest.parts.filter((part) => part.from === from)
    yield* inPieces(lake, async (scratch, table) => {
      for (const kind of KINDS) await scratch.loadImports(table, [{ ...manifest, parts }], stream, kind)
    })
  }
}

async function* inPieces(
  lake: Lake,
  load: (scratch: Scratch, table: string) => Promise<void>,
): AsyncGenerator<readonly LakeRecord[]> {
  const scratch = await lake.openScratch()
  try {
    await load(scratch, 'records')
    for (let after = -1; ; ) {
      const rows = (await scratch.query(
        `SELECT * FROM records WHERE _offset > ${after} ORDER BY _offset LIMIT ${ROWS_AT_ONCE}`,
      )) as readonly LakeRecord[]
      const last = rows.at(-1)
      if (last === undefined) return
      yield rows
      after = last._offset
    }
  } finally {
    await scratch.close()
  }
}
