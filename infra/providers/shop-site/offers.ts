import { seededRandom } from '../../../core/index.js'

/** An item as the shop has it. */
export interface ShopItem {
  readonly number: string
  readonly mall: string
  readonly title: string
  /** Won. */
  readonly price: number
}

const MALLS = ['한강몰', '들마켓', '새벽장'] as const
const KINDS = [
  '생수',
  '탄산수',
  '보리차',
  '제로콜라',
  '사이다',
  '녹차',
  '헛개차',
  '이온음료',
  '콜드브루 커피',
  '오렌지주스',
] as const
const BRANDS = ['맑은샘', '푸른들', '새벽이슬'] as const
const SIZES = [
  ['500ml', 20, 420],
  ['2L', 6, 950],
  ['1.5리터', 12, 800],
  ['355ML', 24, 560],
] as const

/** Offers of three malls, as untidy as offers are: other cases, brackets, signs of multiplication, advertising, some with labels. */
export function seededItems(seed: number): readonly ShopItem[] {
  const items: ShopItem[] = []
  for (const [m, mall] of MALLS.entries()) {
    for (const [k, kind] of KINDS.entries()) {
      const random = seededRandom(seed, m * 100 + k)
      const brand = random.pick(BRANDS)
      const [volume, pieces, each] = random.pick(SIZES)
      const price = Math.round((each * pieces * (90 + random.int(0, 20))) / 1000) * 10
      const named = random.pick([
        `${brand} 무라벨 ${kind} ${volume} ${pieces}개`,
        `[무료배송] ${brand} 무라벨 ${kind} ${volume} X ${pieces}`,
        `${brand} ${kind} (무라벨) ${volume}×${pieces}병 특가!`,
        `${brand} 무라벨 ${kind} ${volume} ${pieces / 2}입 X 2팩`,
      ])
      items.push({ number: `2024${m}${String(k).padStart(3, '0')}`, mall, title: named, price })
    }
  }
  const dirt: readonly (readonly [title: string, price: number])[] = [
    ['맑은샘 생수 유라벨 2L 6개', 4_900],
    ['푸른들 탄산수 라벨 유무 랜덤발송 500ml 20개', 7_900],
    ['새벽이슬 무라벨 선물세트', 19_900],
    ['맑은샘 무라벨 생수 2L 6개', 5_400],
    ['맑은샘  무라벨 생수 2l 6개', 5_900],
    ['맑은샘 무라벨 생수 2L 12개 [특가]', 9_900],
  ]
  dirt.forEach(([title, price], i) => {
    items.push({ number: `20249${String(i).padStart(3, '0')}`, mall: MALLS[i % MALLS.length] as string, title, price })
  })
  return items
}

/** Made-up shops around the service's default map centre, as CSV. */
export function seededPlaces(seed: number, count: number): string {
  const random = seededRandom(seed, 7)
  const lines = ['place_id,place_name,category_name,address,road_address,lat,lon']
  const kinds = ['제로웨이스트샵', '리필스테이션', '무라벨 수거함', '동네 마트']
  for (let i = 0; i < count; i++) {
    const kind = random.pick(kinds)
    const lat = (37.483568 + (random.next() - 0.5) * 0.3).toFixed(6)
    const lon = (126.912584 + (random.next() - 0.5) * 0.4).toFixed(6)
    const path = `"생활,환경 > ${kind}"`
    lines.push(
      `demo-${i + 1},${random.pick(BRANDS)} ${kind} ${i + 1}호,${path},서울 가상구 견본동 ${i + 1},,${lat},${lon}`,
    )
  }
  return `${lines.join('\n')}\n`
}
