import { definePipeline } from 'tandem'
import { taxiSimulator } from './simulator.js'
import { taxiTrips } from './streams.js'
import { fares, trips } from './views.js'

/** New York's yellow taxis: demand, fares, distances and tips by zone and hour. */
export const pipeline = definePipeline({
  name: 'taxi',
  streams: [taxiTrips],
  views: [trips, fares],
  simulators: [taxiSimulator],
})
