import type { EncodedCell } from '../../core/cell/cell.js'
import { cellKey } from '../../core/cell/cell-key.js'
import { coarsen } from '../../core/cell/coarsen.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { mergeEncoded } from '../../core/cell/merge-encoded.js'
import { registersAgree } from '../../core/cell/registers-agree.js'
import { cellOfSqlRow } from '../../core/compile/cell-of-sql-row.js'
import { compileViewSql } from '../../core/compile/compile-view-sql.js'
import type { Scalar } from '../../core/define/column.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { duckdb } from '../../core/expression/duckdb-dialect.js'
import { finish } from '../../core/measure/finish.js'
import type { Scratch } from '../../stores/lake/index.js'
import { sameMeasure } from './compare-measures.js'
import type { LoadedStream } from './load-stream.js'
import { belowPrefix, withEpochStart, withImports } from './prefix-sql.js'
import { EPOCH_START, type PartRelation, recountSql } from './recount-sql.js'
import type { Findings } from './verify.js'
import type { WholeAnswer } from './whole-answer.js'
import { type ColdPart, comparedWindow } from './windows.js'

/**
 * Compares one whole answer, cell by cell and measure by measure, with a recount of its prefix by the database's own
 * aggregates; and its registers with those of the `sql` compiler over the same records.
 */
export async function verifyView(
  scratch: Scratch,
  view: ViewDefinition,
  answer: WholeAnswer,
  loaded: ReadonlyMap<string, LoadedStream>,
): Promise<Findings> {
  const relations = view.parts.map((part): PartRelation => {
    const { accepted, epochMs, importedAtMs } = loaded.get(part.stream.name) as LoadedStream
    const { name } = part.stream
    const imports = answer.imports[name] ?? []
    const rows = withImports(belowPrefix(accepted, answer.prefix[name] ?? {}), name, imports)
    const at = new Map(imports.map((sha256) => [sha256, importedAtMs.get(sha256) ?? 0]))
    return { part, from: withEpochStart(rows, epochMs, at) }
  })
  const counted = await recount(scratch, view, relations, answer.cold)
  const compared = (cells: readonly EncodedCell[]) => {
    const alike = answer.cold.length === 0 ? cells : coarsen(view, cells, comparedWindow(answer.cold))
    return new Map(alike.map((cell) => [cell.key, cell.registers]))
  }
  const registers = compared(await sqlCells(scratch, view, relations))
  const answered = compared(answer.cells)
  const differences: string[] = []
  for (const key of new Set([...answered.keys(), ...counted.keys()])) {
    const text = answered.get(key)
    const row = counted.get(key)
    if (text === undefined || row === undefined) {
      differences.push(
        ...view.measures.map(
          ({ name }) =>
            `${view.name} ${key} ${name}: ${text === undefined ? 'not answered' : 'answered, but no record has it'}`,
        ),
      )
      continue
    }
    const decoded = decodeRegisters(view.registers, text)
    const values = finish(view, decoded)
    const overflowed = decoded.at(-1) !== 0
    for (const [i, { name, spec }] of view.measures.entries())
      if (!sameMeasure(spec, values[name], row[i], overflowed))
        differences.push(
          `${view.name} ${key} ${name}: answered ${JSON.stringify(values[name])}, counted ${String(row[i])}`,
        )
    const expected = registers.get(key)
    if (expected === undefined || !registersAgree(view.registers, text, expected))
      differences.push(`${view.name} ${key}: registers ${text}, but the sql compiler gives ${expected ?? 'nothing'}`)
  }
  return { cells: answered.size, drift: differences.length, differences }
}

/** Measures by cell key, as the database counts them. */
async function recount(
  scratch: Scratch,
  view: ViewDefinition,
  relations: readonly PartRelation[],
  cold: readonly ColdPart[],
): Promise<Map<string, readonly unknown[]>> {
  const dims = view.dimensions.length
  const rows = await scratch.query(recountSql(view, relations, cold))
  return new Map(
    rows.map((row) => {
      const [window, ...rest] = Object.values(row as object)
      return [cellKey(Number(window), rest.slice(0, dims) as Scalar[]), rest.slice(dims)]
    }),
  )
}

async function sqlCells(
  scratch: Scratch,
  view: ViewDefinition,
  relations: readonly PartRelation[],
): Promise<readonly EncodedCell[]> {
  const lists: EncodedCell[][] = []
  for (const { part, from } of relations) {
    const sql = compileViewSql({
      view,
      stream: part.stream,
      from,
      resolutionMs: view.windows[0] as number,
      dialect: duckdb,
      epochStart: EPOCH_START,
    })
    lists.push((await scratch.query(sql)).map((row) => cellOfSqlRow(view, Object.values(row as object))))
  }
  return mergeEncoded(view, lists)
}
