import { randomUUID } from 'node:crypto'
import binding from '@duckdb/node-bindings'
import type { EncodedCell } from '../../core/cell/cell.js'
import type { ColumnType } from '../../core/define/column.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { RegisterSpec } from '../../core/measure/register-spec.js'
import { ChunkBuffer } from './chunk-buffer.js'
import type { DuckDbConnection, RawChunk, RawVector } from './duckdb.js'
import { type LakeColumn, lakeType, quoteName } from './lake-columns.js'
import { RowTable } from './row-table.js'

/** Text of row `k` of a vector. */
type Texts = (k: number) => string

/** How a column leaves DuckDB, and how its values become text. */
interface CellColumn {
  readonly sql: string
  read(vector: RawVector, rows: number): Texts
}

/** Whether `readNumberCells` can read the view's cells: those with sketches go through `cellOfSqlRow`. */
export function hasNumbersOnly(view: ViewDefinition): boolean {
  return view.registers.every(({ kind }) => kind === 'number')
}

/**
 * The cells of a query as `compileViewSql` makes it: those that `cellOfSqlRow` gives row by row, by window and then by
 * key, at a fraction of the cost. Windows and dimensions, whose values are few and each in many cells, are turned into
 * text once per value and ranked by it; DuckDB orders the cells by these ranks, and only numbers cross over per cell.
 */
export async function readNumberCells(
  connection: DuckDbConnection,
  view: ViewDefinition,
  sql: string,
): Promise<readonly EncodedCell[]> {
  const name = `cells_${randomUUID()}`
  const made = [name]
  await connection.run(`CREATE TABLE ${quoteName(name)} AS ${sql}`)
  try {
    const keys: CellColumn[] = []
    const joins: string[] = []
    const types: readonly ColumnType[] = [{ kind: 'time' }, ...view.dimensions.map(({ type }) => type)]
    for (const [i, type] of types.entries()) {
      const column = i === 0 ? 'w' : `d${i - 1}`
      const ranks = `${name}_${column}`
      made.push(ranks)
      const tokens = await rankValues(connection, name, column, type, ranks, i === types.length - 1 ? ']' : ',')
      // A null is a value with a rank like any other.
      joins.push(`JOIN ${quoteName(ranks)} AS k${i} ON c.${column} IS NOT DISTINCT FROM k${i}.v`)
      keys.push(rankColumn(`k${i}.i`, i === 0 ? tokens.map((token) => `[${token}`) : tokens))
    }
    const registers = view.registers.map((spec, i) => registerColumn(`c.r${i}`, spec))
    const columns = [...keys, ...registers].map((column) => column.sql).join(', ')
    const order = keys.map((key) => key.sql).join(', ')
    return await readCells(
      connection,
      `SELECT ${columns} FROM ${quoteName(name)} AS c ${joins.join(' ')} ORDER BY ${order}`,
      keys,
      registers,
    )
  } finally {
    for (const table of made) await connection.run(`DROP TABLE IF EXISTS ${quoteName(table)}`)
  }
}

/**
 * Makes the table `ranks` of a column's values `v` with their rank `i` among keys, and returns the values' tokens (their
 * JSON and what follows it in a key) by rank. Windows are ranked by number, dimensions by token, as keys are.
 */
async function rankValues(
  connection: DuckDbConnection,
  cells: string,
  column: string,
  type: ColumnType,
  ranks: string,
  end: ',' | ']',
): Promise<readonly string[]> {
  const distinct = await connection.client.runAndReadAll(`SELECT DISTINCT ${column} FROM ${quoteName(cells)}`)
  const values = (distinct.getColumns()[0] ?? []).map((value) => {
    const plain = typeof value === 'bigint' ? safe(column, Number(value)) : (value as string | boolean | null)
    return { plain, token: JSON.stringify(plain) + end }
  })
  if (column === 'w') values.sort((a, b) => (a.plain as number) - (b.plain as number))
  else values.sort((a, b) => (a.token < b.token ? -1 : a.token > b.token ? 1 : 0))
  const columns: readonly LakeColumn[] = [
    { name: 'v', type: lakeType(type), source: 'value' },
    { name: 'i', type: 'BIGINT', source: 'rank' },
  ]
  const buffer = new ChunkBuffer<readonly [value: string | number | boolean | null, rank: number]>(columns, [
    'value',
    'rank',
  ])
  const table = await RowTable.create(ranks, columns, buffer, connection, connection)
  values.forEach(({ plain }, rank) => {
    table.advance(buffer.put(table.slot, plain, rank))
  })
  table.close()
  return values.map(({ token }) => token)
}

async function readCells(
  connection: DuckDbConnection,
  sql: string,
  keys: readonly CellColumn[],
  registers: readonly CellColumn[],
): Promise<readonly EncodedCell[]> {
  const result = await binding.query(connection.raw, sql)
  const cells: EncodedCell[] = []
  for (;;) {
    const chunk: RawChunk | null = await binding.fetch_chunk(result)
    const rows = chunk === null ? 0 : binding.data_chunk_get_size(chunk)
    if (chunk === null || rows === 0) return cells
    const texts = (columns: readonly CellColumn[], from: number) =>
      columns.map((column, i) => column.read(binding.data_chunk_get_vector(chunk, from + i), rows))
    const key = lines(texts(keys, 0), '', rows)
    const value = lines(texts(registers, keys.length), ',', rows)
    for (let k = 0; k < rows; k++) cells.push({ key: key[k] as string, registers: value[k] as string })
  }
}

/**
 * The rows' texts. All of a chunk are joined at once and cut again: thousands of texts put together piece by piece would
 * stay in memory as trees of their pieces.
 */
function lines(columns: readonly Texts[], separator: string, rows: number): readonly string[] {
  const pieces: string[] = []
  const ends: number[] = []
  let length = 0
  for (let k = 0; k < rows; k++) {
    for (let i = 0; i < columns.length; i++) {
      const text = (columns[i] as Texts)(k)
      if (i > 0 && separator !== '') {
        pieces.push(separator)
        length += separator.length
      }
      pieces.push(text)
      length += text.length
    }
    ends.push(length)
  }
  const all = pieces.join('')
  return ends.map((end, k) => all.slice(k === 0 ? 0 : ends[k - 1], end))
}

function rankColumn(sql: string, tokens: readonly string[]): CellColumn {
  return {
    sql,
    read(vector, rows) {
      const words = int32sOf(vector, rows * 8)
      return (k) => tokens[words[2 * k] as number] as string
    },
  }
}

/** A register's canonical text: decimal digits, a real's shortest digits, '' for a min or max that saw no value. */
function registerColumn(sql: string, spec: RegisterSpec): CellColumn {
  const none = spec.kind === 'number' && spec.op === 'add' ? '0' : ''
  if (spec.kind === 'number' && spec.number === 'real') {
    return {
      sql: `CAST(${sql} AS DOUBLE)`,
      read(vector, rows) {
        const valid = validityOf(vector, rows)
        const data = binding.vector_get_data(vector, rows * 8)
        const values = new Float64Array(data.buffer, data.byteOffset, rows)
        return (k) => (isValid(valid, k) ? String(values[k] as number) : none)
      },
    }
  }
  return {
    // Sums of 64-bit numbers have 128 bits in DuckDB.
    sql: `CAST(${sql} AS HUGEINT)`,
    read(vector, rows) {
      const valid = validityOf(vector, rows)
      const words = int32sOf(vector, rows * 16)
      return (k) => (isValid(valid, k) ? hugeText(words, 4 * k) : none)
    },
  }
}

function hugeText(words: Int32Array, at: number): string {
  const low = (words[at] as number) >>> 0
  const high = words[at + 1] as number
  const sign = high >> 31
  if (words[at + 2] === sign && words[at + 3] === sign) {
    const value = high * 4_294_967_296 + low
    if (Number.isSafeInteger(value)) return String(value)
  }
  let value = BigInt(words[at + 3] as number)
  for (const word of [2, 1, 0]) value = (value << 32n) | BigInt((words[at + word] as number) >>> 0)
  return String(value)
}

function safe(column: string, value: number): number {
  if (Number.isSafeInteger(value)) return value
  throw new Error(`column ${column} of a view's query is ${value}, not a safe whole number`)
}

function int32sOf(vector: RawVector, bytes: number): Int32Array {
  const data = binding.vector_get_data(vector, bytes)
  return new Int32Array(data.buffer, data.byteOffset, bytes / 4)
}

/** null: every row has a value. */
function validityOf(vector: RawVector, rows: number): Uint8Array | null {
  return binding.vector_get_validity(vector, Math.ceil(rows / 64) * 8) as Uint8Array | null
}

function isValid(validity: Uint8Array | null, k: number): boolean {
  return validity === null || ((validity[k >> 3] as number) & (1 << (k & 7))) !== 0
}
