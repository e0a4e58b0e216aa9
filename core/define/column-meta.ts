import type { InstantFormat } from '../time/instant-of.js'

/**
 * What a zod schema cannot say about a column, kept in the schema's metadata under the key `tandem`. The functions in
 * `column-schemas.ts` set it; `.meta({ tandem: { decimal: 2 } })` on a schema of one's own does the same.
 */
export interface ColumnMeta {
  /** The number is exact with so many decimals, 0 to 9, and is held as a scaled whole number. */
  readonly decimal?: number
  /** The number may also arrive as text, as the cells of a CSV row do. */
  readonly fromText?: boolean
  /** Values as sent that mean null. */
  readonly nullWhen?: readonly (string | number)[]
  /** The text or number is an instant. */
  readonly time?: InstantFormat
}

const KEYS: ReadonlySet<string> = new Set(['decimal', 'fromText', 'nullWhen', 'time'])

/** Checks what was found under `tandem` in a schema's metadata. @param where names stream and field for the error. */
export function readColumnMeta(found: unknown, where: string): ColumnMeta {
  if (found === undefined) return {}
  if (typeof found !== 'object' || found === null) throw new Error(`${where}: .meta({ tandem }) must be an object`)
  for (const key of Object.keys(found)) {
    if (!KEYS.has(key)) throw new Error(`${where}: .meta({ tandem }) knows ${[...KEYS].join(', ')}, not "${key}"`)
  }
  const { decimal, fromText, nullWhen, time } = found as Record<string, unknown>
  if (decimal !== undefined && !(Number.isInteger(decimal) && (decimal as number) >= 0 && (decimal as number) <= 9)) {
    throw new Error(`${where}: a decimal has 0 to 9 decimals, got ${String(decimal)}`)
  }
  if (fromText !== undefined && typeof fromText !== 'boolean')
    throw new Error(`${where}: fromText must be true or false`)
  if (nullWhen !== undefined) {
    const scalars = Array.isArray(nullWhen) && nullWhen.every((v) => typeof v === 'string' || Number.isFinite(v))
    if (!scalars) throw new Error(`${where}: nullWhen must be an array of texts and numbers`)
  }
  if (
    time !== undefined &&
    (typeof time !== 'object' || time === null || typeof (time as InstantFormat).format !== 'string')
  ) {
    throw new Error(`${where}: time must be an object with a format`)
  }
  return found as ColumnMeta
}
