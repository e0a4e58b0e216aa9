import { type SeededRandom, seededRandom, zipf } from 'tandem'
import type { Person } from './people.js'

const NOUNS = [
  '생수',
  '탄산수',
  '보리차',
  '제로콜라',
  '사이다',
  '우유',
  '두유',
  '커피',
  '녹차',
  '아이스티',
  '이온음료',
  '오렌지주스',
  '포도주스',
  '사과주스',
  '식혜',
  '옥수수수염차',
  '헛개차',
  '콤부차',
  '에너지드링크',
  '비타민워터',
  '샴푸',
  '린스',
  '바디워시',
  '세탁세제',
  '섬유유연제',
  '주방세제',
  '손세정제',
  '치약',
  '대나무칫솔',
  '고체샴푸',
  '천연수세미',
  '장바구니',
  '텀블러',
  '유리빨대',
  '다회용기',
  '리필팩',
  '종이테이프',
  '물티슈',
  '밀랍랩',
  '비누',
] as const

/** What people look for, the most usual first: 240 words. */
export const WORDS: readonly string[] = ['', '무라벨 ', '대용량 ', '친환경 ', '유기농 ', '리필 '].flatMap((kind) =>
  NOUNS.map((noun) => `${kind}${noun}`),
)

const rank = zipf(WORDS.length, 1.1)

/** A new word takes off every so often, rises within minutes and fades. */
const TREND_EVERY_MS = 180_000
const TREND_RISE_MS = 120_000
const TREND_FADE_MS = 240_000
const TRENDS_ALIVE = 5
const TREND_SHARE = 0.3

/** A word trending at an instant: a function of seed and time alone, so that it does not depend on who asks. */
function trends(seed: number, atMs: number): { words: string[]; weights: number[] } {
  const newest = Math.floor(atMs / TREND_EVERY_MS)
  const words: string[] = []
  const weights: number[] = []
  for (let slot = newest - TRENDS_ALIVE + 1; slot <= newest; slot++) {
    const random = seededRandom(seed, slot)
    const age = atMs - slot * TREND_EVERY_MS
    words.push(random.pick(WORDS))
    const strength = 0.3 + random.next()
    weights.push(
      strength * (age < TREND_RISE_MS ? age / TREND_RISE_MS : Math.exp((TREND_RISE_MS - age) / TREND_FADE_MS)),
    )
  }
  return { words, weights }
}

/** Draws what a person looks for at an instant: usual words by Zipf's law, some shifted by gender and age, some trending. */
export function drawWord(random: SeededRandom, seed: number, atMs: number, person: Person): string {
  if (random.chance(TREND_SHARE)) {
    const { words, weights } = trends(seed, atMs)
    return words[random.weighted(weights)] as string
  }
  const index = rank(random)
  if (person.age === 'none' || random.chance(0.6)) return WORDS[index] as string
  const taste = Math.floor(person.age / 10) * 7 + (person.gender === 'W' ? 3 : 0)
  return WORDS[(index + taste) % WORDS.length] as string
}
