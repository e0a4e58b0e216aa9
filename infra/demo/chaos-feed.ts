import { setTimeout as delay } from 'node:timers/promises'
import type { SimulatedRecord } from '../../core/define/pipeline.js'
import type { SeededRandom } from '../../core/simulate/seeded-random.js'
import { openLog } from '../../stores/log/index.js'
import type { LogStore, ProduceRecord } from '../../stores/log/log-port.js'
import type { Logger } from '../../stores/logger.js'
import { systemClock } from '../../stores/system-clock.js'
import type { Instance } from '../instance/instance.js'
import { byTopic } from './run-simulators.js'

/** Share of rounds sent in a transaction, and of those the share that aborts. */
const TRANSACTIONS = 0.3
const ABORTS = 0.4
const ROUND_MS = 200
const RETRY = { delayMs: 500, maxAttempts: 120 } as const

export interface ChaosFeedOptions {
  readonly rate: number
  readonly seed: number
  readonly random: SeededRandom
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Records by what became of their transaction; those sent without one count as committed. */
export interface ChaosSent {
  committed: number
  aborted: number
}

/** The simulators' events, part of them in transactions, some of which abort. Survives a broker that is away. */
export async function chaosFeed(
  instance: Instance,
  { rate, seed, random, logger, signal }: ChaosFeedOptions,
): Promise<Readonly<ChaosSent>> {
  const log = openLog((await instance.connections()).kafka, { clientId: 'tandem-chaos', logger })
  const feeds = [...instance.catalog.simulators.values()].map((simulator, i) => {
    const events = simulator.events({ seed: seed + i, startMs: systemClock.now(), rate })
    return { events, next: events.next().value }
  })
  const sent: ChaosSent = { committed: 0, aborted: 0 }
  try {
    while (!signal.aborted) {
      const now = systemClock.now()
      const due = feeds.flatMap((feed) => {
        const records: SimulatedRecord[] = []
        for (; feed.next.atMs <= now; feed.next = feed.events.next().value) records.push(feed.next)
        return records
      })
      for (const [topic, records] of byTopic(instance.catalog, due))
        sent[await sendSomehow(log, topic, records, random)] += records.length
      await delay(ROUND_MS)
    }
    return sent
  } finally {
    await log.close()
  }
}

/** A record sent twice because an answer was lost is a record more: the recount sees it too. */
async function sendSomehow(
  log: LogStore,
  topic: string,
  records: readonly ProduceRecord[],
  random: SeededRandom,
): Promise<keyof ChaosSent> {
  const transaction = random.chance(TRANSACTIONS)
  const commit = !random.chance(ABORTS)
  for (let attempt = 1; ; attempt++) {
    try {
      if (transaction) await log.produceTransaction(topic, records, commit)
      else await log.produce(topic, records)
      return transaction && !commit ? 'aborted' : 'committed'
    } catch (error) {
      if (attempt >= RETRY.maxAttempts) throw error
      await delay(RETRY.delayMs)
    }
  }
}
