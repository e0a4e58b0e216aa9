import { defineView, or, sum } from 'tandem'
import { apt, energy, ZONE } from './streams.js'

/** Where the month stands in the id of a reading, behind the complex's code. */
export const MONTH = { from: 9, length: 6 } as const

/** Monthly use and CO2 by district. */
export const energyUse = defineView('energy-use', {
  from: energy,
  by: (e) => ({ district: e.sigungu, month: e.id.substring(MONTH.from, MONTH.length), coefficients: e.coefficients }),
  measures: (e) => ({
    complexes: sum(e.sign),
    electricity: sum(e.helect.times(e.sign)),
    gas: sum(e.hgas.times(e.sign)),
    water: sum(e.hwaterCool.times(e.sign)),
    carbon: sum(e.carbonEnergy.times(e.sign)),
    /** Complexes of which a value was estimated. */
    estimated: sum(e.sign).where(
      or(e.helectFrom.is('estimate'), e.hgasFrom.is('estimate'), e.hwaterCoolFrom.is('estimate')),
    ),
  }),
  windows: ['1h'],
  zone: ZONE,
})

/** Complexes and households by district. */
export const housing = defineView('housing', {
  from: apt,
  by: (e) => ({ district: e.bjdCode.substring(0, 5) }),
  measures: (e) => ({ complexes: sum(e.sign), households: sum(e.kaptdaCnt.times(e.sign)) }),
  windows: ['1h'],
  zone: ZONE,
})
