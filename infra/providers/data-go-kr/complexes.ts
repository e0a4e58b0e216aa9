import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { seededRandom } from '../../../core/index.js'
import { UserError } from '../../instance/user-error.js'

/** A complex as the provider knows it. */
export interface Complex {
  readonly kaptCode: string
  readonly kaptName: string
  /** Address by legal district and lot. */
  readonly kaptAddr: string
  readonly doroJuso: string
  /** 10 digits; the first two are the province. */
  readonly bjdCode: string
  /** Households. */
  readonly kaptdaCnt: number
  /** District heating, or gas of its own. */
  readonly codeHeatNm: '지역난방' | '개별난방'
}

/** District, neighbourhood, its legal code. */
const PLACES = [
  ['중구', '대봉동', '2711010600'],
  ['동구', '신암동', '2714010100'],
  ['서구', '내당동', '2717010100'],
  ['남구', '봉덕동', '2720010200'],
  ['북구', '산격동', '2723010800'],
  ['수성구', '범어동', '2726010100'],
  ['달서구', '월성동', '2729010500'],
  ['달성군', '화원읍 천내리', '2771025021'],
] as const
const NAMES = ['한빛', '푸른들', '강변', '은하', '새봄', '솔밭', '달빛', '너른터'] as const

/** Made-up complexes of Daegu; equal seeds, equal complexes. The first one has the readings that the formula is checked by. */
export function seededComplexes(seed: number, count: number): readonly Complex[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i): Complex => {
    const [district, town, bjdCode] = PLACES[(i + 4) % PLACES.length] as (typeof PLACES)[number]
    const lot = `${random.int(1, 1999)}${random.chance(0.5) ? `-${random.int(1, 40)}` : ''}`
    const name = `${random.pick(NAMES)}${i + 1}단지`
    return {
      kaptCode: i === 0 ? 'A70384401' : `A7${String(1_000_000 + random.int(0, 899_999)).padStart(7, '0')}`,
      kaptName: name,
      kaptAddr: `대구광역시 ${district} ${town} ${lot} ${name}`,
      doroJuso: `대구광역시 ${district} ${town.split(' ')[0]?.slice(0, -1)}로 ${random.int(1, 400)}`,
      bjdCode,
      kaptdaCnt: random.int(120, 1_900),
      codeHeatNm: i === 0 || random.chance(0.3) ? '지역난방' : '개별난방',
    }
  })
}

const row = z.object({
  광역시도: z.string(),
  시군구: z.string(),
  동읍면: z.string(),
  리: z.string(),
  건물명: z.string(),
  법정동코드: z.string().regex(/^\d{10}$/),
  단지코드: z.string().regex(/^[A-Z]\d{8}$/),
})

/**
 * Complexes of a K-apt code list: CSV, also .gz. Lots, households and heating, which such a list does not have, are made up
 * from each code.
 */
export async function complexesOfFile(path: string): Promise<readonly Complex[]> {
  const raw = await readFile(path)
  const text = (path.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8')
  const rows: unknown[] = parse(text, { columns: true, bom: true, skip_empty_lines: true })
  return rows.map((given, i): Complex => {
    const read = row.safeParse(given)
    if (!read.success) throw new UserError(`${path}, line ${i + 2}: ${z.prettifyError(read.error)}`)
    const { 광역시도, 시군구, 동읍면, 리, 건물명, 법정동코드, 단지코드 } = read.data
    const random = seededRandom(Number(단지코드.slice(1)))
    const place = [광역시도, 시군구, 동읍면, 리].filter(Boolean).join(' ')
    return {
      kaptCode: 단지코드,
      kaptName: 건물명,
      kaptAddr: `${place} ${random.int(1, 1999)} ${건물명}`,
      doroJuso: `${place} ${random.int(1, 400)}`,
      bjdCode: 법정동코드,
      kaptdaCnt: random.int(80, 2_200),
      codeHeatNm: random.chance(0.3) ? '지역난방' : '개별난방',
    }
  })
}
