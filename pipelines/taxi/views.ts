import { count, defineView, mean, quantile, sum } from 'tandem'
import { taxiTrips, ZONE } from './streams.js'

/** Demand and takings by pickup zone; a trip counts where and when it began. */
export const trips = defineView('trips', {
  from: taxiTrips,
  by: (e) => ({ zone: e.PULocationID }),
  measures: (e) => ({
    trips: count(),
    passengers: sum(e.passenger_count),
    fare: sum(e.fare_amount),
    total: sum(e.total_amount),
    tips: sum(e.tip_amount),
    distance: sum(e.trip_distance),
    /** Seconds. */
    duration: mean(e.tpep_dropoff_datetime.msSince(e.tpep_pickup_datetime).dividedBy(1000).round()),
    fare_quantiles: quantile(e.fare_amount, [0.5, 0.95]),
  }),
  windows: ['5m', '1h'],
  zone: ZONE,
})

/** Fares through the day: by the local hour of the pickup and by how they were paid (0 where that is not known). */
export const fares = defineView('fares', {
  from: taxiTrips,
  by: (e) => ({ hour: e.tpep_pickup_datetime.hour(ZONE), payment: e.payment_type.or(0) }),
  measures: (e) => ({
    trips: count(),
    fare_mean: mean(e.fare_amount),
    tip_mean: mean(e.tip_amount),
    distance_mean: mean(e.trip_distance),
    fare_quantiles: quantile(e.fare_amount, [0.5, 0.95]),
  }),
  windows: ['1h'],
  zone: ZONE,
})
