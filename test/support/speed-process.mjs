// The speed layer for one stream of the words kind, as a process of its own: what is compiled is up soonest.
// Started with { connections, stream } as JSON in TANDEM_TESTING_SPEED; SIGTERM ends it.
import { wordsPlan } from '../../dist/speed-layer/lane-test-kit.js'
import { runSpeed } from '../../dist/speed-layer/runner.js'
import { systemClock } from '../../dist/stores/system-clock.js'

const { connections, stream } = JSON.parse(process.env.TANDEM_TESTING_SPEED ?? '')
const plan = wordsPlan(stream)
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
const logger = { info: () => undefined, warn: () => undefined, error: console.error }
const catalog = { streams: new Map([[plan.stream.name, plan.stream]]), streamViews: () => plan.views }
await runSpeed({ connections, catalog, threads: 0, clock: systemClock, logger, signal: stop.signal })
process.exit(0)
