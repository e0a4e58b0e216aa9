import { seededRandom } from '../../core/simulate/seeded-random.js'
import { zipf } from '../../core/simulate/zipf.js'

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
  const drawRank = zipf(WORDS, ZIPF)
  return (atMs, word = wordOf(drawRank(random))) => {
    const at = new Date(atMs + 9 * 3_600_000).toISOString()
    return JSON.stringify({
      messageType: 'Kafka',
      timestamp: at,
      fields: {
        event: 'UserSearchProduct',
        topic: 'log_nolabel',
        key: 'search',
        fields: {
          member_id: random.int(0, 99_999),
          user_gender: random.pick(GENDERS),
          user_age: random.int(10, 89),
          user_region: random.pick(REGIONS),
          search_word: word,
          searchclick_time: at.slice(0, 19).replace('T', ' '),
        },
      },
    })
  }
}

const GENDERS = ['M', 'W', 'none'] as const
const REGIONS = ['서울특별시', '경기도', '부산광역시', '대구광역시', '강원도'] as const

/** The word of a rank, 0 the most frequent. */
export function wordOf(rank: number): string {
  return `생수${rank.toString().padStart(3, '0')}`
}
