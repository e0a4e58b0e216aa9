const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }
/** A window longer than a day is a day's cells merged when read: days need a time zone, hours and less do not. */
const MAX_WINDOW_MS = 86_400_000

/** Text such as `30s`, `1m`, `5m`, `1h` as milliseconds. @throws naming `where` if it is none. */
export function parseWindow(where: string, text: string): number {
  const match = /^([1-9]\d{0,5})([smh])$/.exec(text)
  const sizeMs = match === null ? 0 : Number(match[1]) * (UNITS[match[2] as string] as number)
  if (sizeMs === 0 || sizeMs > MAX_WINDOW_MS || MAX_WINDOW_MS % sizeMs !== 0) {
    throw new Error(
      `${where}: window "${text}" must be seconds, minutes or hours that divide a day, such as 30s, 1m, 5m or 1h`,
    )
  }
  return sizeMs
}

/** Window sizes in ms, ascending. @throws unless the finest divides every other one and none occurs twice. */
export function parseWindows(where: string, texts: readonly string[]): readonly number[] {
  if (texts.length === 0) throw new Error(`${where}: windows must name at least one size, for example ['1m', '5m']`)
  const sizes = texts.map((text) => parseWindow(where, text)).sort((a, b) => a - b)
  const finest = sizes[0] as number
  for (const [i, size] of sizes.entries()) {
    if (size === sizes[i - 1]) throw new Error(`${where}: windows name one size twice`)
    if (size % finest !== 0)
      throw new Error(`${where}: window of ${size} ms is not a multiple of the finest, ${finest} ms`)
  }
  return sizes
}
