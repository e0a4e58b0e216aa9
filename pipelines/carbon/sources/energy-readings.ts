import type { SourcePage } from 'tandem'
import { answerOf, fieldNumber, fieldText, itemsOf, shape } from '../provider/answer.js'
import { namesOf } from '../provider/requests.js'

/** What K-apt says of a complex and a month; a 0 may mean that nothing was reported. */
export interface KaptReading {
  readonly part: 'k-apt'
  readonly kaptCode: string
  readonly month: string
  /** kWh */
  readonly helect: number
  /** m3 */
  readonly hgas: number
  /** m3 */
  readonly hwaterCool: number
  /** Heat or hot water was delivered: a complex on district heating has no gas of its own. */
  readonly districtHeated: boolean
}

/** What the building-energy service says of a lot and a month. */
export interface BuildingReading {
  readonly part: 'building'
  readonly energy: 'electricity' | 'gas'
  readonly kaptCode: string
  readonly month: string
  /** kWh */
  readonly useQty: number
}

/** Null where nothing was reported: no data (03), or zeros throughout, which look like an answer. */
export function readKapt(page: SourcePage): KaptReading | null {
  const [kaptCode, month] = namesOf(page) as [string, string]
  const body = answerOf(page)
  const item = body === null ? undefined : itemsOf(page, body)[0]
  if (item === undefined) return null
  const of = fieldText(page, item, 'kaptCode')
  if (of !== kaptCode) throw shape(page, `asked for ${kaptCode}, the answer is about ${of}`, item)
  const quantity = (name: string): number => {
    const value = fieldNumber(page, item, name)
    if (value < 0) throw shape(page, `the field "${name}" is ${value}, below 0`, item)
    return Math.round(value)
  }
  const [helect, hgas, hwaterCool] = [quantity('helect'), quantity('hgas'), quantity('hwaterCool')]
  const heat = quantity('hheat') + quantity('hwaterHot')
  if (helect + hgas + hwaterCool + heat === 0) return null
  return { part: 'k-apt', kaptCode, month, helect, hgas, hwaterCool, districtHeated: heat > 0 }
}

/** A lot may have several meters: their sum. Null where there is no data. */
export function readBuilding(page: SourcePage): BuildingReading | null {
  const [kaptCode, month] = namesOf(page) as [string, string]
  const body = answerOf(page)
  const items = body === null ? [] : itemsOf(page, body)
  const useQty = items.reduce((sum, item) => sum + fieldNumber(page, item, 'useQty'), 0)
  if (useQty <= 0) return null
  const energy = page.kind === 'building-gas' ? 'gas' : 'electricity'
  return { part: 'building', energy, kaptCode, month, useQty }
}
