import { defineSimulator, localText, type SeededRandom, type SimulatedRecord, seededRandom, timeQueue } from 'tandem'
import { ZONE } from '../envelope.js'
import { drawPerson, type Person } from './people.js'
import { type Action, planSession } from './session.js'
import { spoil } from './spoil.js'

/** Records of a session on average, its logout included; a test holds it to the plan. */
export const RECORDS_PER_SESSION = 6.46

/** Sessions are under way when the first record is sent: they are planned from so long before, ms. */
const WARM_UP_MS = 240_000

/** How busy each hour of the day in Seoul is; 1 is the peak. */
const HOURS = [
  0.45, 0.32, 0.24, 0.2, 0.2, 0.24, 0.36, 0.52, 0.66, 0.72, 0.76, 0.84, 0.95, 0.9, 0.82, 0.8, 0.82, 0.86, 0.9, 0.94, 1,
  1, 0.86, 0.64,
] as const

const LATE = 0.01
const REPEATED = 0.004
const SPOILT = 0.001
const FAILING = 0.0005

/** Visitors of the service: sessions by the rhythm of a Korean day, with what real clients do to a log. */
export const citizenSimulator = defineSimulator({
  name: 'citizen',
  description:
    'Sessions of members and guests: sign-ins, menus, searches whose words trend and fade, clicks, points; 1 % late by minutes to days, some sent twice, a little poison',
  *events({ seed, startMs, rate }) {
    const random = seededRandom(seed)
    const queue = timeQueue<SimulatedRecord>()
    const gapMs = (1_000 * RECORDS_PER_SESSION) / rate
    let arrivalMs = startMs - WARM_UP_MS
    for (;;) {
      while (arrivalMs <= queue.nextMs) {
        if (random.chance(busyness(arrivalMs))) visit(arrivalMs)
        arrivalMs += random.exponential(gapMs)
      }
      const { item } = queue.take()
      if (item.atMs >= startMs) yield item
    }

    function visit(atMs: number): void {
      const person = drawPerson(random, seed)
      for (const action of planSession(random, seed, Math.floor(atMs), person)) send(action, person)
      if (random.chance(FAILING)) queue.add(Math.floor(atMs), failure(random, Math.floor(atMs)))
    }

    function send(action: Action, person: Person): void {
      const sentMs = action.atMs + random.int(20, 400)
      const happenedMs = random.chance(LATE) ? action.atMs - lateness(random) : action.atMs
      const record = recordOf(action, person, happenedMs, sentMs)
      queue.add(sentMs, random.chance(SPOILT) ? spoil(random, record) : record)
      // a client that saw no answer sends again
      if (random.chance(REPEATED)) {
        const againMs = sentMs + random.int(1_000, 20_000)
        queue.add(againMs, { ...record, atMs: againMs })
      }
    }
  },
})

/** Share of the peak at an instant, between the hours by a straight line. */
function busyness(atMs: number): number {
  const text = localText(atMs, ZONE)
  const hour = Number(text.slice(11, 13))
  const part = Number(text.slice(14, 16)) / 60
  return (HOURS[hour] as number) * (1 - part) + (HOURS[(hour + 1) % 24] as number) * part
}

/** A client was offline: minutes mostly, hours often enough, days now and then. In ms. */
function lateness(random: SeededRandom): number {
  const minutes = [random.int(1, 30), random.int(60, 720), random.int(1_440, 5_760)]
  return 60_000 * (minutes[random.weighted([70, 25, 5])] as number)
}

function recordOf(action: Action, person: Person, happenedMs: number, sentMs: number): SimulatedRecord {
  const local = localText(happenedMs, ZONE)
  const { event, topic, key, timeField, fields } = action
  const { id, gender, age, region } = person
  return {
    stream: topic,
    key,
    value: {
      messageType: 'Kafka',
      timestamp: `${local}Z`,
      fields: {
        event,
        topic,
        key,
        fields: {
          member_id: id,
          user_gender: gender,
          user_age: age,
          user_region: region,
          ...fields,
          [timeField]: local.slice(0, 19).replace('T', ' '),
        },
      },
    },
    atMs: sentMs,
  }
}

const FAILING_FUNCTIONS = ['ecopoint_upload', 'nolabel_search', 'lesswaste_map', 'member_login'] as const

function failure(random: SeededRandom, atMs: number): SimulatedRecord {
  const name = random.pick(FAILING_FUNCTIONS)
  const line = random.int(40, 220)
  return {
    stream: 'log_error',
    key: 'error',
    value: {
      messageType: 'Kafka',
      timestamp: `${localText(atMs, ZONE)}Z`,
      fields: {
        request: { method: 'POST', path: `/${name.split('_')[0]}/` },
        key: 'error',
        stack_trace: `TimeoutError: no answer in ${name}:${line}`,
        lineno: line,
        funcName: name,
        processName: 'MainProcess',
      },
    },
    atMs,
  }
}
