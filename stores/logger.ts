/** One line of JSON per event. Fields first, as they are what one searches by. */
export interface Logger {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
  error(fields: Record<string, unknown>, message: string): void
}

/** Writes to standard error as NDJSON: `{"time","level","layer","message",…fields}`. */
export function jsonLogger(layer: string, write: (line: string) => void = (l) => process.stderr.write(l)): Logger {
  const at = (level: string) => (fields: Record<string, unknown>, message: string) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level, layer, message, ...plain(fields) })}\n`)
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

function plain(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([k, v]) => [
      k,
      v instanceof Error ? (v.stack ?? v.message) : typeof v === 'bigint' ? `${v}` : v,
    ]),
  )
}
