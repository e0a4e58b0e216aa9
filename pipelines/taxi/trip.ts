import { localText, type SeededRandom } from 'tandem'
import { drawRoute } from './demand.js'
import { ZONE } from './streams.js'

/** A row as the file has it: text cells by header, an empty cell null. */
export type Cells = Record<string, string | null>

/** A trip and when it ended, UTC ms. */
export interface Trip {
  readonly cells: Cells
  readonly endMs: number
}

const AIRPORT_TOLL_CENTS = 612

/** One trip that begins at an instant, shaped like the city's. */
export function drawTrip(random: SeededRandom, startMs: number): Trip {
  const { pickup, dropoff, airport } = drawRoute(random)
  const parked = random.chance(0.01)
  const miles = parked ? 0 : airport ? random.normal(11, 3.5) : Math.exp(random.normal(0.45, 0.7))
  const hundredths = Math.max(parked ? 0 : 5, Math.round(miles * 100))
  const seconds = parked ? random.pick([0, 12, 95]) : Math.round(120 + hundredths * random.normal(2.6, 0.5))
  const endMs = startMs + 1_000 * Math.max(0, seconds)
  const hour = Number(localText(startMs, ZONE).slice(11, 13))
  const fare = 250 + 50 * Math.round((250 * hundredths) / 5_000 + seconds / 240)
  const extra = hour >= 16 && hour < 20 ? 100 : hour >= 20 || hour < 6 ? 50 : 0
  const payment = 1 + random.weighted([70, 27, 2, 1])
  const tip = payment === 1 ? Math.round((fare + extra) * Math.max(0, random.normal(0.21, 0.07))) : 0
  const tolls = airport && random.chance(0.5) ? AIRPORT_TOLL_CENTS : 0
  const congestion = airport && random.chance(0.4) ? 0 : 250
  const total = fare + extra + 50 + tip + tolls + 30 + congestion
  return {
    endMs,
    cells: {
      VendorID: random.chance(0.66) ? '2' : '1',
      tpep_pickup_datetime: wallTime(startMs),
      tpep_dropoff_datetime: wallTime(endMs),
      passenger_count: String([0, 1, 2, 3, 4, 5, 6][random.weighted([1.8, 71, 15, 4, 2, 4, 2.2])]),
      trip_distance: dollars(hundredths),
      RatecodeID: airport && (pickup === 132 || dropoff === 132) ? '2' : '1',
      store_and_fwd_flag: random.chance(0.006) ? 'Y' : 'N',
      PULocationID: String(pickup),
      DOLocationID: String(dropoff),
      payment_type: String(payment),
      fare_amount: dollars(fare),
      extra: dollars(extra),
      mta_tax: '0.5',
      tip_amount: dollars(tip),
      tolls_amount: dollars(tolls),
      improvement_surcharge: '0.3',
      total_amount: dollars(total),
      congestion_surcharge: dollars(congestion),
    },
  }
}

export function wallTime(timeMs: number): string {
  return localText(timeMs, ZONE).slice(0, 19).replace('T', ' ')
}

/** Hundredths as the files write them: `6.5`, `0.0`, `9.75`. */
export function dollars(hundredths: number): string {
  return hundredths % 100 === 0 ? `${hundredths / 100}.0` : String(hundredths / 100)
}
