import { createHash } from 'node:crypto'

/** Hex sha256 over documents as they come, whatever the order of their fields; and how many they are. */
export async function checksumOf(
  documents: AsyncIterable<{ readonly id: string; readonly value: unknown }>,
): Promise<{ readonly checksum: string; readonly count: number }> {
  const hash = createHash('sha256')
  let count = 0
  for await (const { id, value } of documents) {
    hash.update(`${canonical([id, value])}\n`)
    count++
  }
  return { checksum: hash.digest('hex'), count }
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : held,
  )
}
