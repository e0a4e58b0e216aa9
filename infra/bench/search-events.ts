import { seededRandom } from '../demo/random.js'

/** Event time of the first event. */
export const BENCH_START_MS = Date.UTC(2026, 0, 5)

const WORDS = 500
const ZIPF = 1.1
/** Event time advances by this many events a second: 12,000 cells (words × genders × bands) live in each minute. */
export const EVENTS_PER_SECOND = 5_000

/** The citizen search event as sent, about 330 bytes; event time from `startMs`, 5,000 a second. Same seed, same events. */
export function* searchEvents(seed: number, startMs: number): Generator<string> {
  const draw = searchEventDraw(seed)
  for (let n = 0; ; n++) yield draw(startMs + Math.floor((n * 1000) / EVENTS_PER_SECOND))
}

/** Draws one event after another, each at the event time asked for; of the word given, if any. */
export function searchEventDraw(seed: number): (atMs: number, word?: string) => string {
  const random = seededRandom(seed)
  const drawWord = zipf(random)
  return (atMs, word = drawWord()) => {
    const at = new Date(atMs + 9 * 3_600_000).toISOString()
    const gender = GENDERS[Math.floor(random() * GENDERS.length)]
    const age = 10 + Math.floor(random() * 8) * 10 + Math.floor(random() * 10)
    return JSON.stringify({
      messageType: 'Kafka',
      timestamp: at,
      fields: {
        event: 'UserSearchProduct',
        topic: 'log_nolabel',
        key: 'search',
        fields: {
          member_id: Math.floor(random() * 100_000),
          user_gender: gender,
          user_age: age,
          user_region: REGIONS[Math.floor(random() * REGIONS.length)],
          search_word: word,
          searchclick_time: at.slice(0, 19).replace('T', ' '),
        },
      },
    })
  }
}

const GENDERS = ['M', 'W', 'none'] as const
const REGIONS = ['서울특별시', '경기도', '부산광역시', '대구광역시', '강원도'] as const

/** Draws words w000…w499 with probability ∝ 1 / rank^1.1. */
function zipf(random: () => number): () => string {
  const cumulative: number[] = []
  let total = 0
  for (let rank = 1; rank <= WORDS; rank++) cumulative.push((total += 1 / rank ** ZIPF))
  return () => {
    const at = random() * total
    let low = 0
    for (let high = WORDS - 1; low < high; ) {
      const middle = (low + high) >> 1
      if (cumulative[middle]! < at) low = middle + 1
      else high = middle
    }
    return `생수${low.toString().padStart(3, '0')}`
  }
}
