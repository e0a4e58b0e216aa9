import { definePipeline } from 'tandem'
import { complexes, energyMonths, forecastDays, weatherMonths } from './collections.js'
import { aptSource } from './sources/apt.js'
import { energySource } from './sources/energy.js'
import { forecastSource } from './sources/forecast.js'
import { weatherSource } from './sources/weather.js'
import { apt, energy } from './streams.js'
import { energyUse, housing } from './views.js'

/** Apartment complexes, their monthly use of energy and water, and its CO2. */
export const pipeline = definePipeline({
  name: 'carbon',
  streams: [apt, energy],
  views: [energyUse, housing],
  collections: [complexes, energyMonths, weatherMonths, forecastDays],
  sources: [aptSource, energySource, weatherSource, forecastSource],
})
