import * as zlib from 'node:zlib'
import { crc32 as byTable } from '../../core/decode/crc32.js'

/** Node has it in C++ from 20.15 on; before that, core's own, which is slower. */
const sum = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32 ?? byTable

/** CRC-32 (as in zip) of a record's value, 0 to 2^32 − 1; null, a record without a value, counts as no bytes. */
export function crc32(value: Uint8Array | null): number {
  return value === null ? 0 : sum(value)
}
