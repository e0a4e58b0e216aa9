import { localTime, nullWhen, z } from 'tandem'

/** Where the service's users live: days and hours are theirs. */
export const ZONE = 'Asia/Seoul'

export const REGIONS = [
  '강원도',
  '경기도',
  '경상도',
  '광주광역시',
  '대구광역시',
  '대전광역시',
  '부산광역시',
  '서울특별시',
  '세종특별자치시',
  '울산광역시',
  '인천광역시',
  '전라도',
  '제주특별자치도',
  '충청도',
] as const

/** Local text without a zone, as the service writes the time of the action itself. */
export const actionTime = localTime({ zone: ZONE })

/** Who acted. A guest has "none" in all four, which is null in the columns: counted, never dropped. */
const actor = {
  member_id: nullWhen(z.int(), ['none']),
  user_gender: nullWhen(z.enum(['M', 'W']), ['none']),
  user_age: nullWhen(z.int().min(0).max(150), ['none']),
  user_region: nullWhen(z.enum(REGIONS), ['none']),
}

/** One kind of event: what the logger puts into `fields` of the envelope. */
export function event<const N extends string, F extends z.ZodRawShape>(name: N, fields: F) {
  return z.object({
    event: z.literal(name),
    topic: z.string(),
    key: z.string(),
    fields: z.object({ ...actor, ...fields }),
  })
}

/**
 * The logger's envelope. Its `timestamp` is wall time in Seoul with milliseconds, labelled Z although it is not UTC: it is
 * the event time, being finer than the action's own time.
 */
export function envelope<F extends z.ZodType>(fields: F) {
  return z.object({
    messageType: z.string(),
    timestamp: localTime({ zone: ZONE, format: 'iso-local', ignoreZ: true }),
    fields,
  })
}
