import type { SeededRandom } from './seeded-random.js'

/**
 * Draws ranks 0 … count − 1 by Zipf's law: rank r with a probability in proportion to 1 / (r + 1)^exponent.
 *
 * @param count at least 1. @param exponent about 1 for words and products.
 */
export function zipf(count: number, exponent: number): (random: SeededRandom) => number {
  const sums: number[] = []
  let sum = 0
  for (let rank = 1; rank <= count; rank++) {
    sum += rank ** -exponent
    sums.push(sum)
  }
  return (random) => {
    const at = random.next() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) > at) high = middle
      else low = middle + 1
    }
    return low
  }
}
