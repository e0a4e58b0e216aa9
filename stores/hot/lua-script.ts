import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** A Lua script with its contract in the file's header; the name ends in its number of keys. */
export interface LuaScript {
  readonly name: string
  readonly keys: number
  readonly source: string
  /** Hex SHA-1 of the source, by which Redis caches it. */
  readonly sha: string
}

/** Reads `lua/<name>.lua`, once, when the module is loaded. */
export function luaScript(name: string): LuaScript {
  const source = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')
  const keys = Number(/-(\d+)$/.exec(name)?.[1])
  if (!Number.isInteger(keys)) throw new Error(`Lua script "${name}": the name must end in its number of keys`)
  return { name, keys, source, sha: createHash('sha1').update(source, 'utf8').digest('hex') }
}
