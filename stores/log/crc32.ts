import * as zlib from 'node:zlib'

/** Node has it in C++ from 20.15 on; before that, the same sum by table. */
const native = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32

/** CRC-32 (IEEE 802.3, as in zip and gzip) of the bytes, 0 to 2^32 − 1; null, a record without a value, counts as no bytes. */
export function crc32(bytes: Uint8Array | null): number {
  if (bytes === null) return 0
  return native ? native(bytes) : crc32ByTable(bytes)
}

export function crc32ByTable(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] as number)) & 0xff] as number)
  return (crc ^ 0xffffffff) >>> 0
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})
