/**
 * The first 8 bytes of the MD5 (RFC 1321) of a text's UTF-8 bytes, as two 32-bit words in `MD5`. Written out because the
 * runtime's own digest costs microseconds a call, most of them outside the hashing, and the fold needs one for every record.
 * Known-answer tests compare it with that digest.
 */
export interface HashWords {
  /** Bytes 0–3, little-endian, as a signed 32-bit number. */
  low: number
  /** Bytes 4–7, likewise. */
  high: number
}

const SHIFTS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
/** floor(2^32 · |sin(i + 1)|), written down because nothing promises the last bit of a sine. */
const SINES = Int32Array.from(
  (
    'd76aa478e8c7b756242070dbc1bdceeef57c0faf4787c62aa8304613fd469501698098d88b44f7afffff5bb1895cd7be6b901122fd987193a679438e49b40821' +
    'f61e2562c040b340265e5a51e9b6c7aad62f105d02441453d8a1e681e7d3fbc821e1cde6c33707d6f4d50d87455a14eda9e3e905fcefa3f8676f02d98d2a4c8a' +
    'fffa39428771f6816d9d6122fde5380ca4beea444bdecfa9f6bb4b60bebfbc70289b7ec6eaa127fad4ef308504881d05d9d4d039e6db99e51fa27cf8c4ac5665' +
    'f4292244432aff97ab9423a7fc93a039655b59c38f0ccc92ffeff47d85845dd16fa87e4ffe2ce6e0a30143144e0811a1f7537e82bd3af2352ad7d2bbeb86d391'
  )
    .match(/.{8}/g)
    ?.map((hex) => Number.parseInt(hex, 16)) ?? [],
)

const encoder = new TextEncoder()

/** Makes a hash function with buffers of its own: `hash(text)` fills and returns one object, valid until the next call. */
export function createHash(): (text: string) => HashWords {
  let bytes = new Uint8Array(256)
  const words = new Int32Array(16)
  const state = new Int32Array(4)
  const result: HashWords = { low: 0, high: 0 }

  return (text) => {
    const length = text.length
    // UTF-8 takes at most 3 bytes per UTF-16 unit; the padding 9 to 72 more
    if (bytes.length < length * 3 + 72) bytes = new Uint8Array(length * 6 + 144)
    let size = length
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        size = encoder.encodeInto(text, bytes).written
        break
      }
      bytes[i] = code
    }
    const blocks = (size + 8) >> 6
    const end = (blocks + 1) << 6
    bytes.fill(0, size, end)
    bytes[size] = 0x80
    const bits = size * 8
    for (let i = 0; i < 4; i++) bytes[end - 8 + i] = bits >>> (8 * i)
    bytes[end - 4] = Math.floor(size / 0x20000000)

    state[0] = 0x67452301
    state[1] = 0xefcdab89
    state[2] = 0x98badcfe
    state[3] = 0x10325476
    for (let block = 0; block < end; block += 64) {
      for (let i = 0, at = block; i < 16; i++, at += 4) {
        words[i] =
          (bytes[at] as number) |
          ((bytes[at + 1] as number) << 8) |
          ((bytes[at + 2] as number) << 16) |
          ((bytes[at + 3] as number) << 24)
      }
      digestBlock(state, words)
    }
    result.low = state[0] as number
    result.high = state[1] as number
    return result
  }
}

function digestBlock(state: Int32Array, words: Int32Array): void {
  const a0 = state[0] as number
  const b0 = state[1] as number
  const c0 = state[2] as number
  const d0 = state[3] as number
  let a = a0
  let b = b0
  let c = c0
  let d = d0
  for (let i = 0; i < 64; i++) {
    let mix: number
    let at: number
    if (i < 16) {
      mix = (b & c) | (~b & d)
      at = i
    } else if (i < 32) {
      mix = (d & b) | (~d & c)
      at = (5 * i + 1) & 15
    } else if (i < 48) {
      mix = b ^ c ^ d
      at = (3 * i + 5) & 15
    } else {
      mix = c ^ (b | ~d)
      at = (7 * i) & 15
    }
    const sum = (a + mix + (SINES[i] as number) + (words[at] as number)) | 0
    const shift = SHIFTS[((i >> 4) << 2) | (i & 3)] as number
    a = d
    d = c
    c = b
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
  }
  state[0] = a0 + a
  state[1] = b0 + b
  state[2] = c0 + c
  state[3] = d0 + d
}
