import { BIGINT, BLOB, BOOLEAN, DOUBLE, type DuckDBType, VARCHAR } from '@duckdb/node-api'
import binding from '@duckdb/node-bindings'
import type { RawAppender, RawChunk, RawVector } from './duckdb.js'
import type { LakeColumn, LakeType } from './lake-columns.js'

/** Rows of one chunk: DuckDB's vector size. */
export const CHUNK_ROWS = 2048

const TYPES: Readonly<Record<LakeType, DuckDBType>> = {
  VARCHAR,
  BIGINT,
  DOUBLE,
  BOOLEAN,
  BLOB,
}

/** One column of a chunk in JavaScript memory. `nulls` is a bit mask, 1 = has a value. */
interface ColumnBuffer {
  /** Written by the generated `put`: an array of text or bytes, or a typed array. */
  readonly slots: unknown
  readonly valid: Uint32Array
  /** How many of the first rows are null; reset with the chunk. */
  nullCount: number
  /** Copies the first `rows` values into the vector. */
  write(vector: RawVector, rows: number): void
}

/**
 * A chunk's worth of rows, column by column. `put` is generated for the columns, so that one call per record does no
 * look-ups by variable name and allocates nothing; a chunk then reaches DuckDB by a few copies per column.
 *
 * @typeParam A the arguments of `put` after the row number, named by `parameters` and used by the columns' `source`
 */
export class ChunkBuffer<A extends readonly unknown[]> {
  /** Sets row `k`, rows in order from 0. Returns about how many bytes it will take in DuckDB's memory. */
  readonly put: (k: number, ...args: A) => number
  readonly #buffers: readonly ColumnBuffer[]
  readonly #chunk: RawChunk

  constructor(columns: readonly LakeColumn[], parameters: readonly string[]) {
    this.#buffers = columns.map(({ type }) => BUFFERS[type]())
    this.#chunk = binding.create_data_chunk(columns.map(({ type }) => TYPES[type].toLogicalType().logical_type))
    this.put = compilePut<A>(columns, parameters, this.#buffers)
  }

  /** Appends the first `rows` rows and empties the buffer. */
  flush(appender: RawAppender, rows: number): void {
    // Without a reset the vectors keep the text of every earlier chunk.
    binding.data_chunk_reset(this.#chunk)
    binding.data_chunk_set_size(this.#chunk, rows)
    this.#buffers.forEach((buffer, i) => {
      const vector = binding.data_chunk_get_vector(this.#chunk, i)
      if (buffer.nullCount > 0) {
        binding.vector_ensure_validity_writable(vector)
        binding.copy_data_to_vector_validity(vector, 0, exact(buffer.valid), 0, buffer.valid.byteLength)
        buffer.valid.fill(0xffffffff)
      }
      if (buffer.nullCount < rows) buffer.write(vector, rows)
      buffer.nullCount = 0
    })
    binding.append_data_chunk(appender, this.#chunk)
  }
}

/** Buffers are made here and never views of something larger, so their ArrayBuffer is exactly their content. */
function exact(array: { readonly buffer: ArrayBufferLike }): ArrayBuffer {
  return array.buffer as ArrayBuffer
}

function compilePut<A extends readonly unknown[]>(
  columns: readonly LakeColumn[],
  parameters: readonly string[],
  buffers: readonly ColumnBuffer[],
): (k: number, ...args: A) => number {
  const names = buffers.map((_, i) => `const c${i} = buffers[${i}], s${i} = c${i}.slots, n${i} = c${i}.valid`)
  const puts = columns.map(({ type, source }, i) => {
    const set = {
      VARCHAR: `s${i}[k] = v; bytes += v.length`,
      BLOB: `s${i}[k] = v; bytes += v.length`,
      DOUBLE: `s${i}[k] = v`,
      BOOLEAN: `s${i}[k] = v ? 1 : 0`,
      // A whole number below 2^53 in two halves: no BigInt is made.
      BIGINT: `const h = Math.floor(v / 4294967296); s${i}[k + k] = v - h * 4294967296; s${i}[k + k + 1] = h`,
    }[type]
    const forget = type === 'VARCHAR' || type === 'BLOB' ? `s${i}[k] = null; ` : ''
    return `{ const v = ${source}; if (v == null) { ${forget}n${i}[w] &= bit; c${i}.nullCount++ } else { ${set} } }`
  })
  const body = `${names.join('\n')}
return (k, ${parameters.join(', ')}) => {
  const w = k >>> 5, bit = ~(1 << (k & 31))
  let bytes = ${16 * columns.length}
  ${puts.join('\n  ')}
  return bytes
}`
  return new Function('buffers', body)(buffers) as (k: number, ...args: A) => number
}

const BUFFERS: Readonly<Record<LakeType, () => ColumnBuffer>> = {
  VARCHAR: textBuffer,
  BLOB: bytesBuffer,
  BIGINT: () => numbersBuffer(new Int32Array(CHUNK_ROWS * 2), 8),
  DOUBLE: () => numbersBuffer(new Float64Array(CHUNK_ROWS), 8),
  BOOLEAN: () => numbersBuffer(new Uint8Array(CHUNK_ROWS), 1),
}

function allValid(): Uint32Array {
  return new Uint32Array(CHUNK_ROWS / 32).fill(0xffffffff)
}

function numbersBuffer(slots: Int32Array | Float64Array | Uint8Array, width: number): ColumnBuffer {
  return {
    slots,
    valid: allValid(),
    nullCount: 0,
    write(vector, rows) {
      binding.copy_data_to_vector(vector, 0, exact(slots), 0, rows * width)
    },
  }
}

/** After this many values it is decided whether a chunk's texts repeat enough to be worth looking for repetitions. */
const PROBE = 256

/**
 * A text is handed to DuckDB once per chunk; its repetitions copy the 16 bytes by which DuckDB refers to it (length and
 * place, or the text itself up to 12 bytes). The calls into the engine are the dear part of writing text.
 */
function textBuffer(): ColumnBuffer {
  const slots: (string | null)[] = new Array(CHUNK_ROWS).fill(null)
  const firstRow = new Int32Array(CHUNK_ROWS)
  const references = new Int32Array(CHUNK_ROWS * 4)
  const rowOf = new Map<string, number>()
  return {
    slots,
    valid: allValid(),
    nullCount: 0,
    write(vector, rows) {
      rowOf.clear()
      for (let k = 0; k < rows; k++) {
        const text = slots[k] as string | null
        if (text === null) {
          firstRow[k] = -1
          continue
        }
        const known = rowOf.get(text)
        if (known !== undefined) {
          firstRow[k] = known
          continue
        }
        binding.vector_assign_string_element(vector, k, text)
        firstRow[k] = k
        // Texts that do not repeat are not remembered: the map would only cost.
        if (k < PROBE || rowOf.size < PROBE / 2 || rowOf.size * 2 < k) rowOf.set(text, k)
      }
      const written = binding.vector_get_data(vector, rows * 16)
      const source = new Int32Array(written.buffer, written.byteOffset, rows * 4)
      for (let k = 0; k < rows; k++) {
        const to = k * 4
        const from = (firstRow[k] as number) * 4
        references[to] = from < 0 ? 0 : (source[from] as number)
        references[to + 1] = from < 0 ? 0 : (source[from + 1] as number)
        references[to + 2] = from < 0 ? 0 : (source[from + 2] as number)
        references[to + 3] = from < 0 ? 0 : (source[from + 3] as number)
      }
      binding.copy_data_to_vector(vector, 0, exact(references), 0, rows * 16)
    },
  }
}

function bytesBuffer(): ColumnBuffer {
  const slots: (Uint8Array | null)[] = new Array(CHUNK_ROWS).fill(null)
  return {
    slots,
    valid: allValid(),
    nullCount: 0,
    write(vector, rows) {
      for (let k = 0; k < rows; k++) {
        const value = slots[k] as Uint8Array | null
        slots[k] = null
        if (value === null) continue
        binding.vector_assign_string_element_len(vector, k, value)
      }
    },
  }
}
