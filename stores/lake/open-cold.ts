import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ColdStore } from './cold-port.js'
import { coldStore } from './cold-store.js'
import type { DuckDb } from './duckdb.js'
import { compileLakeOptions, type LakeOptions } from './lake-options.js'
import { spillFolder } from './spill-folder.js'

/** Opens the cold tier alone, for readers. DuckDB, which costs some 50 MB, is opened with the first read. */
export function openCold(root: string, options: LakeOptions = {}): ColdStore {
  const compiled = compileLakeOptions(root, options)
  const spills = spillFolder(compiled.root)
  let opening: Promise<DuckDb> | null = null
  const open = (): Promise<DuckDb> => {
    opening ??= openLate()
    return opening
  }
  const openLate = async (): Promise<DuckDb> => {
    await mkdir(dirname(spills), { recursive: true })
    // a reader that never meets cold cells never loads the library
    const { openDuckDb } = await import('./duckdb.js')
    return openDuckDb({ ...compiled, spillFolder: spills })
  }
  return coldStore(compiled.root, open, async () => {
    if (opening === null) return
    ;(await opening).close()
    await rm(spills, { recursive: true, force: true })
  })
}
