import { decimal, defineStream, fromText, localTime, or, z } from 'tandem'

/** The city whose wall clock the trips are written in, and whose days and hours the views mean. */
export const ZONE = 'America/New_York'

const whole = () => fromText(z.int())
const dollars = () => fromText(decimal(2))
const pickupTime = () => localTime({ zone: ZONE })

/**
 * Yellow taxi trips as the TLC publishes them: 18 columns, one row per trip. A CSV row arrives as an object of its text
 * cells, an empty cell being null, so numbers are read from text too.
 *
 * Empty VendorID, passenger_count, RatecodeID, store_and_fwd_flag, payment_type and congestion_surcharge are null (the five
 * first are missing together in rows that came from another system; the surcharge began in February 2019). Zero distance,
 * zero duration and no passengers are valid. Wall times have no zone: in the hour that occurs twice each autumn both times
 * count as the first, so a trip across the change may seem to end before it began, and is refused.
 */
export const taxiTrips = defineStream({
  name: 'taxi-trips',
  schema: z.object({
    VendorID: whole().nullish(),
    tpep_pickup_datetime: pickupTime(),
    tpep_dropoff_datetime: pickupTime(),
    passenger_count: whole().nullish(),
    /** Miles. */
    trip_distance: fromText(decimal(2)),
    RatecodeID: whole().nullish(),
    store_and_fwd_flag: z.string().nullish(),
    PULocationID: whole(),
    DOLocationID: whole(),
    /** 1 card, 2 cash, 3 no charge, 4 dispute, 5 unknown, 6 voided. */
    payment_type: whole().nullish(),
    fare_amount: dollars(),
    extra: dollars(),
    mta_tax: dollars(),
    tip_amount: dollars(),
    tolls_amount: dollars(),
    improvement_surcharge: dollars(),
    total_amount: dollars(),
    congestion_surcharge: dollars().nullish(),
  }),
  eventTime: 'tpep_pickup_datetime',
  earliest: '2009-01-01T00:00:00-05:00',
  rejects: (e) => ({
    'zone-out-of-range': or(e.PULocationID.lt(1), e.PULocationID.gt(265), e.DOLocationID.lt(1), e.DOLocationID.gt(265)),
    'dropoff-before-pickup': e.tpep_dropoff_datetime.lt(e.tpep_pickup_datetime),
    // refunds and voids; the trip that they reverse is a row of its own
    'negative-amount': or(e.fare_amount.lt(0), e.total_amount.lt(0)),
    'total-too-large': e.total_amount.gte(5000),
    'distance-out-of-range': or(e.trip_distance.lt(0), e.trip_distance.gte(500)),
  }),
  // a trip is written down when it ends
  allowedLatenessMs: 3_600_000,
})
