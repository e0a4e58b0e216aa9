import { resolve } from 'node:path'

export interface LakeOptions {
  /** DuckDB's worker threads. Minimum 1. @default 2 */
  readonly threads?: number
  /** Memory that DuckDB may hold before it spills to `<root>/.spill`, bytes. Minimum 64 MiB. @default 1 GiB */
  readonly memoryBytes?: number
  /**
   * Rows of one Parquet file. A part with more of them becomes several files, each with its own offset range, so that
   * memory stays bounded and writing overlaps with reading. Minimum 2,048. @default 122,880 (one row group)
   */
  readonly rowsPerFile?: number
  /** Estimated bytes of rows after which a file is closed early. Minimum 1 MiB. @default 32 MiB */
  readonly bytesPerFile?: number
}

export type CompiledLakeOptions = Readonly<Required<LakeOptions>> & { readonly root: string }

const MIB = 1024 * 1024

/** @throws RangeError naming the option that is out of bounds, Error where `root` holds a character of DuckDB's globs */
export function compileLakeOptions(root: string, given: LakeOptions = {}): CompiledLakeOptions {
  const { threads = 2, memoryBytes = 1024 * MIB, rowsPerFile = 122_880, bytesPerFile = 32 * MIB } = given
  atLeast('threads', threads, 1)
  atLeast('memoryBytes', memoryBytes, 64 * MIB)
  atLeast('rowsPerFile', rowsPerFile, 2048)
  atLeast('bytesPerFile', bytesPerFile, MIB)
  const absolute = resolve(root)
  if (/[*?[\]{}]/.test(absolute)) {
    throw new Error(
      `lake root "${absolute}": DuckDB reads *, ?, [ ], { } in a path as a pattern; choose another folder`,
    )
  }
  return Object.freeze({ root: absolute, threads, memoryBytes, rowsPerFile, bytesPerFile })
}

function atLeast(name: string, value: number, minimum: number): void {
  if (!(Number.isSafeInteger(value) && value >= minimum)) {
    throw new RangeError(`LakeOptions.${name} must be a whole number of at least ${minimum}, got ${value}`)
  }
}
