/**
 * Histogram buckets as text, in order of bucket: the first bucket, then the gap to each next one, in base 36, each followed by
 * `:` and its count in base 36 unless that is 1; separated by spaces. Empty: ''.
 */
export function encodeHistogram(buckets: ReadonlyMap<number, number>): string {
  if (buckets.size === 0) return ''
  const order = [...buckets.keys()].sort((a, b) => a - b)
  let text = ''
  let previous = 0
  for (const bucket of order) {
    const count = buckets.get(bucket) as number
    if (text !== '') text += ' '
    text += (bucket - previous).toString(36)
    if (count !== 1) text += `:${count.toString(36)}`
    previous = bucket
  }
  return text
}

/** Inverse of `encodeHistogram`. */
export function decodeHistogram(text: string): Map<number, number> {
  const buckets = new Map<number, number>()
  if (text === '') return buckets
  let bucket = 0
  for (const entry of text.split(' ')) {
    const colon = entry.indexOf(':')
    bucket += Number.parseInt(colon < 0 ? entry : entry.slice(0, colon), 36)
    buckets.set(bucket, colon < 0 ? 1 : Number.parseInt(entry.slice(colon + 1), 36))
  }
  return buckets
}
