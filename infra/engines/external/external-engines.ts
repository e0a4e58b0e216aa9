import type { Connections } from '../../../stores/connections.js'
import { EngineError } from '../engine-error.js'
import type { Engines } from '../engines.js'
import { addressesOf } from '../probe-engines.js'
import { connectionsFromEnv } from './connections-from-env.js'

/** Engines that someone else runs. `up` only checks that they are there; `down` leaves them alone. */
export function openExternalEngines(env: NodeJS.ProcessEnv): Engines {
  const refuse = async (name: string): Promise<never> => {
    throw new EngineError(`${name} is not ours to start or stop: its address comes from the environment.`)
  }

  async function up(): Promise<Connections> {
    const connections = await connectionsFromEnv(env)
    // A DNS seed list (mongodb+srv) names no server to ask; its driver resolves it.
    const asked = addressesOf(connections).filter(
      ({ name }) => name !== 'mongo' || !connections.mongo.url.startsWith('mongodb+srv:'),
    )
    const answers = await Promise.all(asked.map(({ probe, host, port }) => probe(host, port)))
    const silent = asked.filter((_, i) => !answers[i]).map(({ name, host, port }) => `${name} at ${host}:${port}`)
    if (silent.length > 0) throw new EngineError(`No answer from ${silent.join(', ')}.`)
    return connections
  }

  return {
    provider: 'external',
    up,
    connections: () => connectionsFromEnv(env),
    status: async () =>
      Promise.all(
        addressesOf(await connectionsFromEnv(env)).map(async ({ name, host, port, probe }) => ({
          ...{ name, provider: 'external' as const, port, pid: null, rssMiB: null, log: null },
          ready: await probe(host, port),
        })),
      ),
    down: async (options) => {
      if (options?.wipe)
        throw new EngineError(
          'The data of external engines is not removed from here: remove their topics, keys, databases and indices there.',
        )
    },
    start: refuse,
    stop: refuse,
    restart: refuse,
    kill: refuse,
  }
}
