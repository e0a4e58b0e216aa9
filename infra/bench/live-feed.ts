import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Connections } from '../../stores/connections.js'
import { openLog } from '../../stores/log/index.js'
import { jsonLogger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import { EVENTS_PER_SECOND, searchEventDraw } from './search-events.js'

const ROUND_MS = 20

/** Sends 5,000 search events a second, each of its own moment, until it is killed. A process of its own, so that it disturbs no measurement. */
const [{ connections, topic }] = (await once(process, 'message')) as [{ connections: Connections; topic: string }]
const log = await openLog(connections.kafka, { clientId: 'tandem-bench-feed', logger: jsonLogger('bench') })
const draw = searchEventDraw(2)
const started = systemClock.now()
for (let sent = 0; ; ) {
  const due = Math.floor(((systemClock.now() - started) * EVENTS_PER_SECOND) / 1000)
  const records = Array.from({ length: due - sent }, () => ({ key: null, value: draw(systemClock.now()) }))
  sent = due
  if (records.length > 0) await log.produce(topic, records)
  await delay(ROUND_MS)
}
