import { type SeededRandom, seededRandom, zipf } from 'tandem'

export interface Product {
  readonly name: string
  readonly volume: string
  /** Won per piece, at most two decimals. */
  readonly unitPrice: number
}

const DRINKS = [
  '무라벨 생수',
  '무라벨 탄산수',
  '제로콜라',
  '사이다',
  '보리차',
  '녹차',
  '옥수수수염차',
  '헛개차',
  '이온음료',
  '아이스티',
  '커피',
  '두유',
  '오렌지주스',
  '포도주스',
  '비타민워터',
  '콤부차',
  '식혜',
  '에너지드링크',
] as const
const VOLUMES = [
  ['500ML', 1],
  ['2L', 2.2],
  ['1L', 1.6],
  ['300ML', 0.8],
] as const

/** Products on offer, the most popular first. */
export const PRODUCTS: readonly Product[] = VOLUMES.flatMap(([volume, factor], v) =>
  DRINKS.map((name, n): Product => {
    const won = (350 + 55 * n) * factor + seededRandom(n, v).int(0, 9_999) / 100
    return { name, volume, unitPrice: Math.round(won * 100) / 100 }
  }),
)

const rank = zipf(PRODUCTS.length, 1.05)

export function drawProduct(random: SeededRandom): Product {
  return PRODUCTS[rank(random)] as Product
}
