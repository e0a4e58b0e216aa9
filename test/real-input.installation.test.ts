import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from './support/eventually.js'
import { type Installation, openInstallation } from './support/installation.js'
import { sharedData } from './support/shared-data.js'
import { shopOrders } from './support/shop-orders.js'

interface Answer {
  readonly rows: readonly Record<string, number | string | null | Record<string, number>>[]
}

const data = sharedData()
const MONTHS = [
  { file: 'yellow_tripdata_2019-01', from: '2019-01-01', to: '2019-02-01', dead: { 'negative-amount': 7 } },
  {
    file: 'yellow_tripdata_2019-08',
    from: '2019-08-01',
    to: '2019-09-01',
    dead: { 'negative-amount': 18, 'event-time-too-old': 1 },
  },
  { file: 'yellow_tripdata_2020-05', from: '2020-05-01', to: '2020-06-01', dead: { 'negative-amount': 46 } },
] as const

/** Rows of a query, with bigint as number. */
async function duckdb(sql: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    const rows = await (await connection.runAndReadAll(sql)).getRowObjectsJS()
    return rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'bigint' ? Number(v) : v])),
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** The accepted trips of a month's file, amounts in cents: what the pipeline's reasons leave. */
const trips = (file: string) => `(
  SELECT PULocationID::INT AS zone, tpep_pickup_datetime::TIMESTAMP AS pickup, payment_type::INT AS payment,
    (fare_amount::DECIMAL(12,2) * 100)::BIGINT AS fare, (tip_amount::DECIMAL(12,2) * 100)::BIGINT AS tip,
    (trip_distance::DECIMAL(12,2) * 100)::BIGINT AS distance
  FROM read_csv('${data}taxi/${file}.csv.gz', all_varchar = true, header = true, delim = ',', strict_mode = false)
  WHERE fare_amount::DOUBLE >= 0 AND total_amount::DOUBLE >= 0 AND pickup >= TIMESTAMP '2009-01-01')`

describe('real files and a pipeline from outside', () => {
  let tandem: Installation
  let outside: string

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'tandem-outside-'))
    await cp(fileURLToPath(new URL('./support/pipelines', import.meta.url)), outside, { recursive: true })
    tandem = await openInstallation({ epoch: '10s', shipped: 'citizen,taxi', pipelines: outside })
  }, 300_000)
  afterAll(async () => {
    await tandem?.close()
    await rm(outside, { recursive: true, force: true })
  }, 60_000)

  const produced = async (...args: string[]) =>
    JSON.parse(await tandem.tandem('produce', ...args, '--json')) as Record<string, unknown>
  const query = async (view: string, parameters: Record<string, string>) =>
    (await tandem.get(`/v1/views/${view}?${new URLSearchParams(parameters)}`)) as Answer
  /** Trips answered by the merged view, whatever month. */
  const counted = async (view: string, measure: string, from: string, to: string) =>
    Number((await query(view, { from, to, window: 'all', groupBy: '' })).rows[0]?.[measure] ?? 0)

  it.skipIf(data === null)(
    'answers the three taxi months as a query over the files does, dead letters left out',
    async () => {
      for (const { file } of MONTHS) {
        const sent = await produced('taxi-trips', `${data}taxi/${file}.csv.gz`)
        expect(sent).toMatchObject({ rows: 10_000, sent: 10_000 })
      }
      await tandem.tandem('seal', 'taxi-trips', '--wait')
      const reasons: Record<string, number> = {}
      const { deadLetters } = (await eventually(
        () => tandem.get('/v1/dead-letters?stream=taxi-trips&limit=1000'),
        (answer) => (answer as { deadLetters: unknown[] }).deadLetters.length === 72,
      )) as { deadLetters: { reason: string }[] }
      for (const { reason } of deadLetters) reasons[reason] = (reasons[reason] ?? 0) + 1
      expect(reasons).toEqual({ 'negative-amount': 71, 'event-time-too-old': 1 })

      for (const { file, from, to } of MONTHS) {
        const bounds = { from: `${from}T00:00:00-05:00`, to: `${to}T00:00:00-05:00`, zone: 'America/New_York' }
        const within = `pickup >= TIMESTAMP '${from}' AND pickup < TIMESTAMP '${to}'`
        const summer = from !== '2019-01-01'
        const local = summer ? { ...bounds, from: `${from}T00:00:00-04:00`, to: `${to}T00:00:00-04:00` } : bounds

        const zones = await query('trips', { ...local, window: 'all', groupBy: 'zone', order: 'zone', limit: '1000' })
        const expected = await duckdb(
          `SELECT zone, count(*) AS trips, sum(fare)::BIGINT AS fare, sum(tip)::BIGINT AS tips, sum(distance)::BIGINT AS distance,
           quantile_disc(fare, 0.5) AS p50, quantile_disc(fare, 0.95) AS p95 FROM ${trips(file)} WHERE ${within} GROUP BY zone ORDER BY zone`,
        )
        expect(zones.rows.map((row) => row['zone'])).toEqual(expected.map((row) => row['zone']))
        for (const [i, row] of expected.entries()) {
          const answered = zones.rows[i] as Record<string, number>
          expect([
            answered['trips'],
            cents(answered['fare']),
            cents(answered['tips']),
            cents(answered['distance']),
          ]).toEqual([row['trips'], row['fare'], row['tips'], row['distance']])
          const quantiles = answered['fare_quantiles'] as unknown as Record<string, number>
          for (const p of ['p50', 'p95'] as const)
            expect(Math.abs((quantiles[p] ?? Number.NaN) * 100 - (row[p] as number))).toBeLessThanOrEqual(
              (row[p] as number) / 100 + 1e-9,
            )
        }
        const hours = await query('fares', { ...local, window: 'all', groupBy: 'hour', order: 'hour', limit: '100' })
        const byHour = await duckdb(
          `SELECT hour(pickup) AS hour, count(*) AS trips FROM ${trips(file)} WHERE ${within} GROUP BY hour ORDER BY hour`,
        )
        expect(hours.rows.map(({ hour, trips }) => ({ hour, trips }))).toEqual(byHour)
      }
      expect((await tandem.verify()).drift).toBe(0)
    },
    300_000,
  )

  it.skipIf(data === null)(
    'maps the week of member events, counts what is left out, and answers as the file does',
    async () => {
      const sent = await produced(
        'log_inout',
        `${data}citizen/member_events.csv`,
        '--mapping',
        fileURLToPath(new URL('../pipelines/citizen/mappings/member-events.ts', import.meta.url)),
      )
      expect(sent).toMatchObject({ rows: 3_188, sent: 2_304, leftOut: { 'home-page': 606, 'about-page': 278 } })
      await tandem.tandem('seal', 'log_inout', 'log_menuclick', '--wait')
      const bounds = { from: '2022-09-22T00:00:00+09:00', to: '2022-10-01T00:00:00+09:00' }
      const answer = await query('activity', {
        ...bounds,
        window: 'all',
        groupBy: 'gender,age',
        order: 'gender,age',
        limit: '1000',
      })
      const expected = await duckdb(
        `SELECT gender, least(age // 10 * 10, 60)::INT AS age, count(*) FILTER (event = 'member_login') AS login,
         count(*) FILTER (event IN ('nolabel', 'search')) AS menu_nolabel, count(*) FILTER (event = 'ecopoint') AS menu_eco1,
         count(*) FILTER (event = 'ecopoint2') AS menu_eco2, count(*) FILTER (event IN ('lesswaste', 'map')) AS menu_lesswaste
       FROM read_csv('${data}citizen/member_events.csv') WHERE event NOT IN ('index', 'about', 'aboutecopoint') GROUP BY ALL ORDER BY ALL`,
      )
      const columns = Object.keys(expected[0] as object)
      expect(answer.rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])))).toEqual(
        expected,
      )
    },
    200_000,
  )

  it('runs a pipeline that was written outside: nested JSON, its own time, filters, sums, distinct and quantile', async () => {
    const now = Date.now()
    const orders = shopOrders(7, 3_000, now)
    const file = join(outside, 'orders.ndjson')
    await writeFile(
      file,
      [...orders.map((order) => JSON.stringify(order)), '{"not": "an order"}', 'not JSON'].join('\n'),
    )
    expect(await produced('orders', file)).toMatchObject({ rows: 3_002, sent: 3_002 })
    const good = orders.filter((order) => order.items >= 1 && order.total > 0 && order.placed.channel === 'app')
    const from = new Date(now - 7 * 86_400_000).toISOString()
    await eventually(
      () => counted('sales', 'orders', from, new Date(now + 60_000).toISOString()),
      (orders_) => orders_ === orders.filter((order) => order.items >= 1 && order.total > 0).length,
    )
    const { rows } = await query('sales', { from, window: 'all', groupBy: 'channel', filter: 'channel:is:app' })
    const revenue = good.reduce((sum, { total }) => sum + Math.round(total * 100), 0)
    expect(rows[0]).toMatchObject({
      channel: 'app',
      orders: good.length,
      items: good.reduce((sum, { items }) => sum + items, 0),
    })
    expect(cents(rows[0]?.['revenue'] as number)).toBe(revenue)
    const customers = new Set(good.map(({ customer }) => customer.number)).size
    expect(Math.abs((rows[0]?.['customers'] as number) - customers)).toBeLessThan(customers * 0.08)
    expect((await tandem.verify()).drift).toBe(0)
  }, 200_000)

  it('is exact after the demo has killed, wiped, refreshed and rolled it back', async () => {
    // exit code 0 only at drift 0
    expect(await tandem.tandem('demo', '--chaos', '--minutes', '0.3', '--rate', '30')).toContain('drift 0')
    const { runs } = JSON.parse(await tandem.tandem('runs', 'list', '--json'))
    expect(runs).toMatchObject([{ reason: 'chaos' }])
    const { snapshots } = JSON.parse(await tandem.tandem('snapshots', 'list', '--json'))
    expect(snapshots).toContainEqual(expect.objectContaining({ reason: 'rollback' }))
  }, 600_000)
})

/** Dollars and miles are answered as numbers with two decimals. */
function cents(value: number | undefined): number {
  return Math.round((value ?? Number.NaN) * 100)
}
