/** Eight tables: byte by byte the sum takes eight lookups that wait for each other, with them eight that do not. */
const TABLES = ((): readonly Uint32Array[] => {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    return value
  })
  const tables = [first]
  for (let n = 1; n < 8; n++) {
    const previous = tables[n - 1] as Uint32Array
    tables.push(Uint32Array.from(previous, (value) => (value >>> 8) ^ (first[value & 0xff] as number)))
  }
  return tables
})()

const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES as unknown as [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array]

/** CRC-32C (Castagnoli) of bytes [start, end), 0 to 2^32 − 1: the checksum of a record batch. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const b = bytes as unknown as { readonly [i: number]: number }
  let crc = 0xffffffff
  let i = start
  for (; i + 8 <= end; i += 8) {
    const low = crc ^ (b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24))
    crc =
      T7[low & 0xff]! ^ T6[(low >>> 8) & 0xff]! ^ T5[(low >>> 16) & 0xff]! ^ T4[low >>> 24]! ^
      T3[b[i + 4]!]! ^ T2[b[i + 5]!]! ^ T1[b[i + 6]!]! ^ T0[b[i + 7]!]!
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ T0[(crc ^ b[i]!) & 0xff]!
  return (crc ^ 0xffffffff) >>> 0
}
