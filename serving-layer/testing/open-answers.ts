import type { Logger } from '../../stores/logger.js'
import { segmentCells } from '../../stores/tiers/index.js'
import { SERVING_DEFAULTS, type ServingOptions } from '../options.js'
import { Answers } from '../query/answers.js'
import { type Parameters, parseViewQuery } from '../query/view-query.js'
import { Readers } from '../read/readers.js'
import { HealthWatch } from '../watch/health-watch.js'
import { ParityWatch } from '../watch/parity-watch.js'
import { EPOCH_MS, type World } from './world.js'

export const silent: Logger = { info: () => {}, warn: () => {}, error: () => {} }

/** The serving layer over a world, without HTTP and without loops of its own. */
export async function openAnswers(world: World, options: ServingOptions = SERVING_DEFAULTS) {
  const { catalog, hot, warm, clock } = world
  const source = segmentCells(warm, world.cold)
  const settings = await warm.streams()
  const readers = new Readers({ catalog, settings, hot, warm, source, clock, logger: silent, options })
  const health = new HealthWatch(hot, 1_000)
  const streams = [...catalog.streams.keys()]
  const parity = new ParityWatch({ warm, epochMsOf: () => EPOCH_MS, streams, clock, everyMs: 1_000 })
  const answers = new Answers({ readers, parity, health, clock, idleAfterMs: 60_000 })
  const ask = (view: string, text: string) => {
    const found = readers.views.get(view)
    if (!found) throw new Error(`no view "${view}"`)
    return answers.view(parseViewQuery(found.view, parametersOf(text), clock.now()))
  }
  return { readers, answers, health, parity, ask }
}

/** Parameters as a URL's query has them. */
export function parametersOf(text: string): Parameters {
  const parameters = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    const values = parameters.get(name)
    if (values) values.push(value)
    else parameters.set(name, [value])
  }
  return parameters
}
