import { seededRandom } from '../../infra/demo/random.js'

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
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T
  return Array.from({ length: count }, (_, i) => {
    const late = random() < 0.02 ? 86_400_000 * 3 : random() < 0.05 ? 600_000 : 0
    return {
      id: `${seed}-${i}`,
      placed: { at: new Date(atMs - late - Math.floor(random() * 120_000)).toISOString(), channel: pick(['web', 'app', 'store']) },
      customer: { number: Math.floor(random() * 5_000), city: pick(['서울', '부산', 'Daegu', null]) },
      total: Math.floor(random() * 100_000) / 100,
      items: Math.floor(random() * 5),
    }
  })
}
