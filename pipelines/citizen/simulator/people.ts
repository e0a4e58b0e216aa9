import { type SeededRandom, seededRandom } from 'tandem'
import { REGIONS } from '../envelope.js'

/** Who acts, as the service knows them; a guest is "none" in all of it. */
export interface Person {
  readonly id: number | 'none'
  readonly gender: 'M' | 'W' | 'none'
  readonly age: number | 'none'
  readonly region: (typeof REGIONS)[number] | 'none'
}

export const GUEST: Person = Object.freeze({ id: 'none', gender: 'none', age: 'none', region: 'none' })

const MEMBERS = 20_000
/** Roughly the population of each of `REGIONS`, in hundred thousands. */
const POPULATION = [15, 136, 58, 14, 24, 14, 33, 94, 4, 11, 30, 35, 7, 38] as const
/** Share of members by age from 10 to 70, per ten years. */
const AGES = [8, 30, 26, 18, 11, 5, 2] as const
const GUEST_SHARE = 0.25

/** Centre of each region: latitude, longitude. */
const CENTRES: Readonly<Record<(typeof REGIONS)[number], readonly [number, number]>> = {
  강원도: [37.885, 127.73],
  경기도: [37.275, 127.009],
  경상도: [35.228, 128.682],
  광주광역시: [35.16, 126.851],
  대구광역시: [35.871, 128.601],
  대전광역시: [36.35, 127.385],
  부산광역시: [35.18, 129.075],
  서울특별시: [37.567, 126.978],
  세종특별자치시: [36.48, 127.289],
  울산광역시: [35.539, 129.311],
  인천광역시: [37.456, 126.705],
  전라도: [35.82, 127.109],
  제주특별자치도: [33.499, 126.531],
  충청도: [36.636, 127.491],
}

/** A member is the same person in every session of one seed; a few of them come far more often than most. */
export function drawPerson(random: SeededRandom, seed: number): Person {
  if (random.chance(GUEST_SHARE)) return GUEST
  const id = 1 + Math.floor(MEMBERS * random.next() ** 2)
  const born = seededRandom(seed, id)
  return {
    id,
    gender: born.chance(0.62) ? 'W' : 'M',
    age: 10 * (1 + born.weighted(AGES)) + born.int(0, 9),
    region: REGIONS[born.weighted(POPULATION)] as (typeof REGIONS)[number],
  }
}

/** Where a person stands: near the centre of the region, a guest in Seoul. To six decimals. */
export function drawPlace(random: SeededRandom, person: Person): [number, number] {
  const [lat, lng] = CENTRES[person.region === 'none' ? '서울특별시' : person.region]
  const near = (degrees: number) => Math.round(random.normal(degrees, 0.05) * 1e6) / 1e6
  return [near(lat), near(lng)]
}
