import type { StreamDefinition } from '../../core/index.js'

/** The Kafka key of a value that comes without one: the text of the stream's key column, or null. */
export function recordKey(stream: StreamDefinition, value: unknown): string | null {
  const column = stream.columns.find(({ name }) => name === stream.key)
  let at: unknown = value
  for (const step of column?.path ?? [])
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[step] : undefined
  return column && (typeof at === 'string' || typeof at === 'number') ? `${at}` : null
}
