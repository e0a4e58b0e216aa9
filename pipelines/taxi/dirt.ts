import type { SeededRandom } from 'tandem'
import type { Cells } from './trip.js'

/** How often each kind of dirt occurs in the real files, roughly, and what it does to a row. */
const KINDS: readonly (readonly [number, (random: SeededRandom, cells: Cells) => Cells])[] = [
  // rows from another system: five cells are empty together, and the fare is no tariff's
  [
    0.05,
    (_, cells) => ({
      ...cells,
      VendorID: null,
      passenger_count: null,
      RatecodeID: null,
      store_and_fwd_flag: null,
      payment_type: null,
    }),
  ],
  // before the surcharge there was
  [0.02, (_, cells) => ({ ...cells, congestion_surcharge: null })],
  // refunds and voids: the amounts of a trip, negative
  [0.003, (random, cells) => ({ ...cells, ...negated(cells), payment_type: random.pick(['3', '4']) })],
  // clocks that were never set
  [0.0002, (random, cells) => strayYear(cells, random.pick(['2001', '2002', '2008', '2029', '2090']))],
  // ends before it began
  [
    0.0003,
    (_, cells) => ({
      ...cells,
      tpep_pickup_datetime: cells.tpep_dropoff_datetime ?? null,
      tpep_dropoff_datetime: cells.tpep_pickup_datetime ?? null,
    }),
  ],
  // meters gone wild
  [0.0001, (_, cells) => ({ ...cells, trip_distance: '332541.19' })],
  [0.0001, (_, cells) => ({ ...cells, fare_amount: '398464.9', total_amount: '398469.2' })],
  // zones that are none
  [0.0002, (random, cells) => ({ ...cells, PULocationID: random.pick(['0', '266', '999']) })],
  [0.0001, (_, cells) => ({ ...cells, DOLocationID: null })],
  // cells that do not parse
  [
    0.0003,
    (random, cells) => ({
      ...cells,
      ...random.pick<Cells>([
        { trip_distance: '1.2.3' },
        { fare_amount: 'N/A' },
        { total_amount: '11.755' },
        { tpep_dropoff_datetime: '2020-02-30 12:00:00' },
      ]),
    }),
  ],
]

/** The row with whatever befalls it; most rows stay as they are. */
export function soil(random: SeededRandom, cells: Cells): Cells {
  let soiled = cells
  for (const [share, change] of KINDS) if (random.chance(share)) soiled = change(random, soiled)
  return soiled
}

const AMOUNTS = [
  'fare_amount',
  'extra',
  'mta_tax',
  'improvement_surcharge',
  'total_amount',
  'congestion_surcharge',
] as const

function negated(cells: Cells): Cells {
  return Object.fromEntries(
    AMOUNTS.map((name) => [name, cells[name] && cells[name] !== '0.0' ? `-${cells[name]}` : (cells[name] ?? null)]),
  )
}

function strayYear(cells: Cells, year: string): Cells {
  const moved = (cell: string | null | undefined) => cell?.replace(/^\d{4}-\d\d-\d\d/, `${year}-01-01`) ?? null
  return {
    ...cells,
    tpep_pickup_datetime: moved(cells.tpep_pickup_datetime),
    tpep_dropoff_datetime: moved(cells.tpep_dropoff_datetime),
  }
}
