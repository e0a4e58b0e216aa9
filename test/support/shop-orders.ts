import { seededRandom } from '../../core/simulate/seeded-random.js'

export interface Order {
  readonly id: string
  readonly placed: { readonly at: string; readonly channel: string }
  readonly customer: { readonly number: number; readonly city: string | null }
  readonly total: number
  readonly items: number
}

/** Orders of the test's shop around `atMs`: most within the last two minutes, some late by minutes or days. Same seed, same orders. */
export function shopOrders(seed: number, count: number, atMs: number): Order[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const late = random.chance(0.02) ? 86_400_000 * 3 : random.chance(0.05) ? 600_000 : 0
    return {
      id: `${seed}-${i}`,
      placed: {
        at: new Date(atMs - late - random.int(0, 119_999)).toISOString(),
        channel: random.pick(['web', 'app', 'store']),
      },
      customer: { number: random.int(0, 4_999), city: random.pick(['서울', '부산', 'Daegu', null]) },
      total: random.int(0, 99_999) / 100,
      items: random.int(0, 4),
    }
  })
}
