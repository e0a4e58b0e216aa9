import {
  count,
  definePipeline,
  defineStream,
  defineView,
  distinct,
  instant,
  max,
  mean,
  quantile,
  sum,
  z,
} from '../../core/index.js'

/** Searches as members make them; what the serving layer's tests and measurements ask about. */
export const searchStream = defineStream({
  name: 'searches',
  schema: z.object({
    at: instant(),
    word: z.string(),
    gender: z.enum(['W', 'M']).nullable(),
    age: z.int().min(0).max(150),
    member: z.string(),
    paid: z.number(),
  }),
  eventTime: 'at',
  key: 'member',
  partitions: 2,
})

export const clickStream = defineStream({
  name: 'clicks',
  schema: z.object({ at: instant(), word: z.string(), member: z.string() }),
  eventTime: 'at',
})

/** Numbers alone, so that rollups follow changes by new − old. */
export const words = defineView('words', {
  from: searchStream,
  by: (e) => ({ word: e.word, gender: e.gender, age: e.age }),
  measures: (e) => ({ searches: count(), ages: sum(e.age), oldest: max(e.age) }),
  windows: ['1m', '5m'],
  zone: 'Asia/Seoul',
})

/** Sketches and a sum of reals, whose rollups are built again. */
export const members = defineView('members', {
  from: searchStream,
  by: (e) => ({ word: e.word, gender: e.gender }),
  measures: (e) => ({
    searches: count(),
    members: distinct(e.member),
    spread: quantile(e.age, [0.5, 0.95]),
    age: mean(e.age),
    paid: sum(e.paid),
  }),
  windows: ['1m', '1h'],
})

/** Sketches without reals: adjusted in place. */
export const reach = defineView('reach', {
  from: searchStream,
  by: (e) => ({ word: e.word, gender: e.gender }),
  measures: (e) => ({ members: distinct(e.member), spread: quantile(e.age, [0.5]) }),
  windows: ['1m'],
})

export const attention = defineView('attention', {
  parts: [
    { from: searchStream, by: (e) => ({ word: e.word }), measures: () => ({ searches: count() }) },
    { from: clickStream, by: (e) => ({ word: e.word }), measures: () => ({ clicks: count() }) },
  ],
  windows: ['1m'],
})

export const shop = definePipeline({
  name: 'shop',
  streams: [searchStream, clickStream],
  views: [words, members, reach, attention],
})
