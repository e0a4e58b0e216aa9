import { seededRandom } from '../../../core/index.js'
import { itemAnswer, jsonListAnswer, listAnswer, type ProviderAnswer, serviceError } from './answers.js'
import type { Complex } from './complexes.js'
import { buildingUseOf, NOT_REPORTED, type Reading, type Readings, readingOf } from './usage.js'

/** What the services answer from. */
export interface ProviderData {
  readonly complexes: readonly Complex[]
  /** Readings that are given; others are made up. */
  readonly readings: Readings
  /** Last month that is reported, `yyyyMM`. */
  readonly reportedThrough: () => string
}

type Service = (data: ProviderData, query: URLSearchParams) => ProviderAnswer

/** Stations of the weather service in its order: the first is not the one of Daegu. */
const STATIONS = ['속초', '북춘천', '서울', '대구', '부산'] as const
const TEMPERATURES = [0.6, 2.9, 8.6, 14.5, 19.6, 23.2, 26.4, 27, 21.9, 16, 9.2, 2.7]

/** By path. */
export const SERVICES: Readonly<Record<string, Service>> = {
  '/1613000/AptListService2/getSidoAptList': list,
  '/1613000/AptBasisInfoService1/getAphusBassInfo': basis,
  '/1613000/ApHusEnergyUseInfoOfferServiceV2/getHsmpApHusUsgQtyInfoSearchV2': energy,
  '/1611000/ApHusEnergyUseInfoOfferService/getHsmpApHusUsgQtyInfoSearch': energy,
  '/1611000/BldEngyService/getBeElctyUsgInfo': (data, query) => building(data, query, 'electricity'),
  '/1611000/BldEngyService/getBeGasUsgInfo': (data, query) => building(data, query, 'gas'),
  '/1360000/SfcMtlyInfoService/getMmSumry': (_, query) => weather(query, 'temperature'),
  '/1360000/SfcMtlyInfoService/getMmSumry2': (_, query) => weather(query, 'wind'),
  '/1360000/VilageFcstInfoService_2.0/getVilageFcst': (_, query) => forecast(query),
}

function list({ complexes }: ProviderData, query: URLSearchParams): ProviderAnswer {
  const sido = query.get('sidoCode')
  if (sido === null) return serviceError('11')
  const pageNo = Math.max(1, Number(query.get('pageNo')) || 1)
  const numOfRows = Math.min(1_000, Math.max(1, Number(query.get('numOfRows')) || 10))
  const found = complexes.filter(({ bjdCode }) => bjdCode.startsWith(sido))
  const items = found
    .slice((pageNo - 1) * numOfRows, pageNo * numOfRows)
    .map(({ kaptCode, kaptName, bjdCode, kaptAddr }) => {
      const [as1 = '', as2 = '', as3 = ''] = kaptAddr.split(' ')
      return { as1, as2, as3, bjdCode, kaptCode, kaptName }
    })
  return listAnswer(items, { pageNo, numOfRows, totalCount: found.length })
}

function basis({ complexes }: ProviderData, query: URLSearchParams): ProviderAnswer {
  const kaptCode = query.get('kaptCode')
  if (kaptCode === null) return serviceError('11')
  const complex = complexes.find((one) => one.kaptCode === kaptCode)
  return complex === undefined
    ? serviceError('03')
    : itemAnswer({ ...complex, kaptDongCnt: 8, hoCnt: complex.kaptdaCnt })
}

function energy(data: ProviderData, query: URLSearchParams): ProviderAnswer {
  const kaptCode = query.get('kaptCode')
  const month = query.get('reqDate')
  const complex = data.complexes.find((one) => one.kaptCode === kaptCode)
  if (kaptCode === null) return serviceError('11')
  if (complex === undefined) return serviceError('03')
  // Without a month the answer looks valid and is zero throughout.
  const reading = month === null ? NOT_REPORTED : reported(data, complex, month)
  return itemAnswer({
    elect: Math.round(reading.helect * 107.3),
    gas: Math.round(reading.hgas * 780),
    heat: Math.round(reading.hheat * 84_000),
    ...reading,
    hgas: reading.hgas,
    kaptCode,
    waterCool: Math.round(reading.hwaterCool * 1_281),
    waterHot: Math.round(reading.hwaterHot * 3_200),
  })
}

function reported(data: ProviderData, complex: Complex, month: string): Reading {
  const given = data.readings.get(`${complex.kaptCode}${month}`)
  if (given !== undefined) return given
  return month > data.reportedThrough() ? NOT_REPORTED : readingOf(complex, month)
}

function building(data: ProviderData, query: URLSearchParams, energy: 'electricity' | 'gas'): ProviderAnswer {
  const [sigungu, bjdong, bun, ji, month] = ['sigunguCd', 'bjdongCd', 'bun', 'ji', 'useYm'].map((of) => query.get(of))
  if (!sigungu || !bjdong || !bun || !ji || !month) return serviceError('11')
  const complex = data.complexes.find(
    ({ bjdCode, kaptAddr }) => bjdCode === `${sigungu}${bjdong}` && lotOf(kaptAddr) === `${bun}-${ji}`,
  )
  const useQty = complex === undefined || month > data.reportedThrough() ? null : buildingUseOf(complex, month)[energy]
  return useQty === null || complex === undefined
    ? serviceError('03')
    : listAnswer([{ platPlc: complex.kaptAddr, bun, ji, useYm: month, useQty }], {
        pageNo: 1,
        numOfRows: 10,
        totalCount: 1,
      })
}

/** The lot in an address, padded; asked for without padding there is nothing. */
function lotOf(address: string): string {
  const [, bun = '', ji = '0'] = /\s(\d{1,4})(?:-(\d{1,4}))?\s/.exec(`${address} `) ?? []
  return `${bun.padStart(4, '0')}-${ji.padStart(4, '0')}`
}

function weather(query: URLSearchParams, what: 'temperature' | 'wind'): ProviderAnswer {
  const [year, month] = [Number(query.get('year')), Number(query.get('month'))]
  if (!year || !(month >= 1 && month <= 12)) return serviceError('11')
  const rows = Math.max(1, Number(query.get('numOfRows')) || 10)
  const items = STATIONS.map((stnko, i): Readonly<Record<string, string | number>> => {
    const random = seededRandom(year * 100 + month, i)
    const taavg = tenths((TEMPERATURES[month - 1] as number) - 3 + i + random.next() * 2)
    return what === 'wind'
      ? { stnko, ws: tenths(1.5 + random.next() * 2) }
      : { stnko, taavg, tamax: tenths(taavg + 6), tamin: tenths(taavg - 5), avghm: 45 + random.int(0, 40) }
  })
  return listAnswer(items.slice(0, rows), { pageNo: 1, numOfRows: rows, totalCount: items.length })
}

function forecast(query: URLSearchParams): ProviderAnswer {
  const [date, time] = [query.get('base_date'), query.get('base_time')]
  if (!/^\d{8}$/.test(date ?? '') || !/^\d{4}$/.test(time ?? '')) return serviceError('11')
  const items: Record<string, string | number>[] = []
  const base = Date.UTC(Number(date?.slice(0, 4)), Number(date?.slice(4, 6)) - 1, Number(date?.slice(6)))
  for (let ahead = 0; ahead < 4; ahead++) {
    const at = new Date(base + ahead * 86_400_000)
    const fcstDate = at.toISOString().slice(0, 10).replaceAll('-', '')
    const random = seededRandom(Number(fcstDate))
    const add = (category: string, fcstTime: string, fcstValue: number) =>
      items.push({
        baseDate: date as string,
        baseTime: time as string,
        category,
        fcstDate,
        fcstTime,
        fcstValue: String(fcstValue),
        nx: 89,
        ny: 90,
      })
    const mean = (TEMPERATURES[at.getUTCMonth()] as number) + random.next() * 4
    // of the last day only the morning is forecast
    add('TMN', '0600', tenths(mean - 5))
    if (ahead < 3) add('TMX', '1500', tenths(mean + 5))
    for (let hour = 6; hour < (ahead < 3 ? 24 : 9); hour++) {
      const fcstTime = `${String(hour).padStart(2, '0')}00`
      add('REH', fcstTime, random.int(40, 80))
      add('WSD', fcstTime, tenths(random.next() * 5))
      add('TMP', fcstTime, tenths(mean + random.normal(0, 3)))
    }
  }
  return jsonListAnswer(items)
}

const tenths = (value: number): number => Math.round(value * 10) / 10
