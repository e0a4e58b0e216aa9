import { expect, test } from 'vitest'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { answersOf } from '../../test/support/answers.js'
import { taxiTrips } from './streams.js'
import { fares, trips } from './views.js'

const TRIP = {
  VendorID: '1',
  tpep_pickup_datetime: '2019-01-15 03:36:12',
  tpep_dropoff_datetime: '2019-01-15 03:42:19',
  passenger_count: '1',
  trip_distance: '1.0',
  RatecodeID: '1',
  store_and_fwd_flag: 'N',
  PULocationID: '230',
  DOLocationID: '48',
  payment_type: '1',
  fare_amount: '6.5',
  extra: '0.5',
  mta_tax: '0.5',
  tip_amount: '1.95',
  tolls_amount: '0.0',
  improvement_surcharge: '0.3',
  total_amount: '9.75',
  congestion_surcharge: null,
}

test('trips are summed by pickup zone and hour of New York', () => {
  const cash = {
    ...TRIP,
    fare_amount: '12.0',
    tip_amount: '0.0',
    trip_distance: '3.2',
    payment_type: null,
    passenger_count: null,
  }
  expect(answersOf(trips, taxiTrips, [TRIP, cash], 3_600_000)).toEqual({
    '2019-01-15T08:00:00.000Z|230': {
      trips: 2,
      passengers: 1,
      fare: 18.5,
      total: 19.5,
      tips: 1.95,
      distance: 4.2,
      duration: 367,
      fare_quantiles: { p50: expect.closeTo(6.5, 0), p95: expect.closeTo(12, 0) },
    },
  })
  expect(Object.keys(answersOf(fares, taxiTrips, [TRIP, cash], 3_600_000))).toEqual([
    '2019-01-15T08:00:00.000Z|3|1',
    '2019-01-15T08:00:00.000Z|3|0',
  ])
})

test.each<[string, object]>([
  ['type', { fare_amount: 'six' }],
  ['decimals', { fare_amount: '6.505' }],
  ['time', { tpep_dropoff_datetime: '2019-01-15T03:42:19' }],
  ['missing', { tpep_pickup_datetime: null }],
  ['missing', { tpep_dropoff_datetime: null }],
  ['missing', { PULocationID: null }],
  ['missing', { DOLocationID: null }],
  ['missing', { total_amount: null }],
  ['zone-out-of-range', { PULocationID: '0' }],
  ['zone-out-of-range', { DOLocationID: '266' }],
  ['dropoff-before-pickup', { tpep_dropoff_datetime: '2019-01-15 03:36:11' }],
  ['negative-amount', { fare_amount: '-6.5' }],
  ['negative-amount', { total_amount: '-0.01' }],
  ['total-too-large', { total_amount: '5000.0' }],
  ['distance-out-of-range', { trip_distance: '-0.1' }],
  ['distance-out-of-range', { trip_distance: '500' }],
  ['event-time-too-old', { tpep_pickup_datetime: '2008-12-31 23:59:59' }],
  [
    'event-time-in-future',
    { tpep_pickup_datetime: '2090-01-01 00:00:00', tpep_dropoff_datetime: '2090-01-01 00:00:00' },
  ],
  [
    'accepted',
    { VendorID: null, passenger_count: null, RatecodeID: null, store_and_fwd_flag: null, payment_type: null },
  ],
  ['accepted', { trip_distance: '0.0', tpep_dropoff_datetime: TRIP.tpep_pickup_datetime, passenger_count: '0' }],
  ['accepted', { trip_distance: '499.99', total_amount: '4999.99', PULocationID: '1', DOLocationID: '265' }],
  ['accepted', { tpep_pickup_datetime: '2009-01-01 00:00:00' }],
  ['accepted', { fare_amount: 6.5, PULocationID: 230, VendorID: undefined }],
])('%s: a trip with %o', (outcome, change) => {
  const decoded = compileDecoder(taxiTrips).decode(
    Buffer.from(JSON.stringify({ ...TRIP, ...change })),
    Date.UTC(2024, 0, 1),
  )
  expect(decoded.ok ? 'accepted' : decoded.reason).toBe(outcome)
})
