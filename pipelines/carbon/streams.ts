import { defineStream, fromText, instant, localTime, z } from 'tandem'

export const ZONE = 'Asia/Seoul'

/**
 * 1: counts. −1: takes back what was sent before, sent together with what takes its place, so that sums are right when
 * the provider corrects itself.
 */
const sign = z.union([z.literal(1), z.literal(-1)])

/** Apartment complexes as K-apt lists them. */
export const apt = defineStream({
  name: 'apt',
  schema: z.object({
    kaptCode: z.string(),
    kaptName: z.string(),
    /** Address by legal district and lot. */
    bjdJuso: z.string(),
    /** Address by road. */
    doroJuso: z.string(),
    /** Legal district, 10 digits. */
    bjdCode: z.string(),
    /** Households. */
    kaptdaCnt: fromText(z.int()),
    /** When the provider was asked. */
    collectedAt: instant(),
    sign,
  }),
  eventTime: 'collectedAt',
  key: 'kaptCode',
})

/** Where a value comes from. */
const from = z.enum(['k-apt', 'building', 'estimate']).nullable()

/** Use of a complex in a month. Null is not known; 0 is only what a meter says. */
export const energy = defineStream({
  name: 'energy',
  schema: z.object({
    /** `kaptCode` and `date`. */
    id: z.string(),
    kaptCode: z.string(),
    /** The month. */
    date: localTime({ zone: ZONE, format: 'yyyyMM' }),
    /** District, the first 5 digits of the legal district's code. */
    sigungu: z.string().nullable(),
    /** Electricity, kWh. */
    helect: z.int().nullable(),
    helectFrom: from,
    /** City gas, m3. */
    hgas: z.int().nullable(),
    hgasFrom: from,
    /** Cold water, m3. */
    hwaterCool: z.int().nullable(),
    hwaterCoolFrom: from,
    /** kg CO2-eq of what is known. */
    carbonEnergy: z.int(),
    /** Version of the table that `carbonEnergy` was made by. */
    coefficients: z.string(),
    sign,
  }),
  eventTime: 'date',
  key: 'id',
})
