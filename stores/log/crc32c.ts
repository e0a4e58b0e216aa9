/**
 * Eight tables of 256, one after the other: byte by byte the sum takes lookups that wait for each other; eight bytes at a
 * time, lookups that do not.
 */
const TABLES = ((): Int32Array => {
  const tables = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
    tables[byte] = value
  }
  for (let i = 256; i < tables.length; i++) {
    const previous = tables[i - 256] as number
    tables[i] = (previous >>> 8) ^ (tables[previous & 0xff] as number)
  }
  return tables
})()

/** CRC-32C (Castagnoli) of bytes [start, end), 0 to 2^32 − 1: the checksum of a record batch. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const byte = (i: number): number => bytes[i] as number
  const table = (n: number, index: number): number => TABLES[(n << 8) | index] as number
  let crc = -1
  let i = start
  for (; i + 8 <= end; i += 8) {
    const low = crc ^ (byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24))
    const first =
      table(7, low & 0xff) ^ table(6, (low >>> 8) & 0xff) ^ table(5, (low >>> 16) & 0xff) ^ table(4, low >>> 24)
    crc = first ^ table(3, byte(i + 4)) ^ table(2, byte(i + 5)) ^ table(1, byte(i + 6)) ^ table(0, byte(i + 7))
  }
  for (; i < end; i++) crc = (crc >>> 8) ^ table(0, (crc ^ byte(i)) & 0xff)
  return (crc ^ -1) >>> 0
}
