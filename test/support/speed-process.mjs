// The speed layer for one stream, as a process of its own: what is compiled is up soonest.
// Started with { connections, plan, lakeRoot } as JSON in TANDEM_TESTING_SPEED, the plan as it is handed to threads and the
// lake only where the stream has an id; SIGTERM ends it.
import { runSpeed } from '../../dist/speed-layer/runner.js'
import { systemClock } from '../../dist/stores/system-clock.js'

const { connections, plan, lakeRoot } = JSON.parse(process.env.TANDEM_TESTING_SPEED ?? '')
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
const logger = { info: () => undefined, warn: () => undefined, error: console.error }
const catalog = { streams: new Map([[plan.stream.name, plan.stream]]), streamViews: () => plan.views }
await runSpeed({ connections, catalog, lakeRoot, threads: 0, clock: systemClock, logger, signal: stop.signal })
process.exit(0)
