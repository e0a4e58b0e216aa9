import { defineCollection, z } from 'tandem'
import { apt, energy } from './streams.js'
import { MONTH } from './views.js'

/** Complexes, found by name and address. */
export const complexes = defineCollection({
  name: 'complexes',
  from: apt,
  id: 'kaptCode',
  fields: (e) => ({
    kaptCode: e.kaptCode,
    kaptName: e.kaptName,
    bjdJuso: e.bjdJuso,
    doroJuso: e.doroJuso,
    bjdCode: e.bjdCode,
    district: e.bjdCode.substring(0, 5),
    kaptdaCnt: e.kaptdaCnt,
  }),
  search: { fields: ['kaptName^3', 'bjdJuso^2', 'doroJuso'], facets: ['district'], suggest: 'bjdJuso' },
})

/** The readings of every complex, month by month. */
export const energyMonths = defineCollection({
  name: 'energy-months',
  from: energy,
  id: 'id',
  fields: (e) => ({
    id: e.id,
    kaptCode: e.kaptCode,
    date: e.id.substring(MONTH.from, MONTH.length),
    helect: e.helect,
    helectFrom: e.helectFrom,
    hgas: e.hgas,
    hgasFrom: e.hgasFrom,
    hwaterCool: e.hwaterCool,
    hwaterCoolFrom: e.hwaterCoolFrom,
    carbonEnergy: e.carbonEnergy,
    coefficients: e.coefficients,
  }),
})

/** Weather of past months at the station of Daegu. */
export const weatherMonths = defineCollection({
  name: 'weather-months',
  id: 'month',
  schema: z.object({
    /** `yyyyMM` */
    month: z.string(),
    station: z.string(),
    /** °C */
    meanTemperature: z.number(),
    maxTemperature: z.number(),
    minTemperature: z.number(),
    /** % */
    humidity: z.number(),
    /** m/s */
    wind: z.number(),
  }),
})

/** The forecast for the days that it is complete for. */
export const forecastDays = defineCollection({
  name: 'forecast-days',
  id: 'day',
  schema: z.object({
    /** `yyyyMMdd` */
    day: z.string(),
    /** When the forecast was made, `yyyyMMddHHmm` of Seoul. */
    base: z.string(),
    /** °C; the mean is that of both. */
    meanTemperature: z.number(),
    maxTemperature: z.number(),
    minTemperature: z.number(),
    /** %, mean of the day's hours. */
    humidity: z.number(),
    /** m/s, mean of the day's hours. */
    wind: z.number(),
  }),
})
