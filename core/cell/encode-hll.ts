const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const VALUE = new Uint8Array(128)
for (let i = 0; i < 64; i++) VALUE[ALPHABET.charCodeAt(i)] = i
const DENSE = '='

/**
 * HyperLogLog registers as text: sparse, each index (2 digits of base 64, 3 above precision 12) and its ρ (1 digit) in order
 * of index; or `=` and one digit for every register, where that is shorter. Empty: ''. Depends on the content alone.
 */
export function encodeHll(registers: ReadonlyMap<number, number>, precision: number): string {
  if (registers.size === 0) return ''
  const width = precision > 12 ? 3 : 2
  const size = 2 ** precision
  if (registers.size * (width + 1) <= size) {
    const indices = [...registers.keys()].sort((a, b) => a - b)
    let text = ''
    for (const index of indices) {
      if (width === 3) text += ALPHABET[index >> 12]
      text += (ALPHABET[(index >> 6) & 63] as string) + ALPHABET[index & 63] + ALPHABET[registers.get(index) as number]
    }
    return text
  }
  const dense = Buffer.alloc(size + 1, ALPHABET.charCodeAt(0))
  dense[0] = DENSE.charCodeAt(0)
  for (const [index, rho] of registers) dense[index + 1] = ALPHABET.charCodeAt(rho)
  return dense.toString('latin1')
}

/** Inverse of `encodeHll`. */
export function decodeHll(text: string, precision: number): Map<number, number> {
  const registers = new Map<number, number>()
  if (text.startsWith(DENSE)) {
    for (let i = 1; i < text.length; i++) {
      const rho = VALUE[text.charCodeAt(i)] as number
      if (rho > 0) registers.set(i - 1, rho)
    }
    return registers
  }
  const width = precision > 12 ? 3 : 2
  for (let i = 0; i < text.length; i += width + 1) {
    let index = 0
    for (let j = 0; j < width; j++) index = index * 64 + (VALUE[text.charCodeAt(i + j)] as number)
    registers.set(index, VALUE[text.charCodeAt(i + width)] as number)
  }
  return registers
}
