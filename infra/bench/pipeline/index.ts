import { caseWhen, count, definePipeline, defineStream, defineView, localTime, nullWhen, sum, z } from 'tandem'

/** The citizen service's search event in its envelope, as a stream of its own. */
const searchStream = (topic: string) =>
  defineStream({
    name: 'bench-search',
    topic,
    schema: z.object({
      messageType: z.string(),
      timestamp: localTime({ zone: 'Asia/Seoul', format: 'iso-local', ignoreZ: true }),
      fields: z.object({
        event: z.literal('UserSearchProduct'),
        topic: z.string(),
        key: z.string(),
        fields: z.object({
          member_id: nullWhen(z.int(), ['none']),
          user_gender: nullWhen(z.enum(['M', 'W']), ['none']),
          user_age: nullWhen(z.int(), ['none']),
          user_region: nullWhen(z.string(), ['none']),
          search_word: z.string(),
          searchclick_time: localTime({ zone: 'Asia/Seoul' }),
        }),
      }),
    }),
    eventTime: 'timestamp',
  })

/** One stream and one view; a run that wants an empty keyspace gives its view another name. */
export function benchPipeline({ topic, view }: { readonly topic: string; readonly view: string }) {
  const search = searchStream(topic)
  const searches = defineView(view, {
    from: search,
    where: (e) => e.event.is('UserSearchProduct'),
    by: (e) => ({
      word: e.search_word,
      gender: e.user_gender.or('un'),
      age: caseWhen(e.user_age.isNull(), 99).otherwise(e.user_age.floorTo(10)),
    }),
    measures: (e) => ({ searches: count(), ages: sum(e.user_age) }),
    windows: ['1m', '5m'],
    zone: 'Asia/Seoul',
  })
  return definePipeline({ name: 'bench', streams: [search], views: [searches] })
}

/** The same stream with the view that a refresh recomputes: how much was searched, by whom and where, per hour and day. */
export function benchHistoryPipeline({ topic }: { readonly topic: string }) {
  const search = searchStream(topic)
  const history = defineView('bench-history', {
    from: search,
    by: (e) => ({
      region: e.user_region.or('none'),
      gender: e.user_gender.or('un'),
      age: caseWhen(e.user_age.isNull(), 99).otherwise(e.user_age.floorTo(10)),
    }),
    measures: (e) => ({ searches: count(), ages: sum(e.user_age) }),
    windows: ['1h', '24h'],
    zone: 'Asia/Seoul',
  })
  return definePipeline({ name: 'bench', streams: [search], views: [history] })
}

export const pipeline = benchPipeline({ topic: 'bench-live', view: 'bench-searches' })
