import { defineSimulator, type SimulatedRecord, seededRandom, timeQueue } from 'tandem'
import { busyness } from './demand.js'
import { soil } from './dirt.js'
import { drawTrip } from './trip.js'

/** Trips are under way when the first record is sent: they are planned from so long before, ms. */
const WARM_UP_MS = 1_800_000

/** Taxis of New York: demand by hour and zone, and the dirt of the real files. */
export const taxiSimulator = defineSimulator({
  name: 'taxi',
  description:
    'Yellow taxi trips as rows of text cells, written down when they end, with the kinds of dirt that the real files have',
  *events({ seed, startMs, rate }) {
    const random = seededRandom(seed)
    const queue = timeQueue<SimulatedRecord>()
    let pickupMs = startMs - WARM_UP_MS
    for (;;) {
      while (pickupMs <= queue.nextMs) {
        if (random.chance(busyness(pickupMs))) plan(Math.floor(pickupMs))
        pickupMs += random.exponential(1_000 / rate)
      }
      const { item } = queue.take()
      if (item.atMs >= startMs) yield item
    }

    function plan(beginMs: number): void {
      const { cells, endMs } = drawTrip(random, beginMs)
      const atMs = endMs + random.int(500, 5_000)
      queue.add(atMs, { stream: 'taxi-trips', key: null, value: soil(random, cells), atMs })
    }
  },
})
