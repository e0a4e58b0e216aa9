import { randomInt } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { EngineError } from '../engine-error.js'
import { writeAtomically } from './process.js'

/** Below the ports that the kernel gives to outgoing connections: one of those could take an engine's while it is down. */
const RANGE = { from: 20_000, to: 32_000, attempts: 200 } as const

const Remembered = z.record(z.string(), z.number().int().min(1).max(65_535))

export type PortMap = Readonly<Record<string, number>>

/** The name of the environment variable that fixes a port: `search` → `TANDEM_PORT_SEARCH`. */
export function portVariable(name: string): string {
  return `TANDEM_PORT_${name.replace(/-/g, '_').toUpperCase()}`
}

/** The port that the environment fixes for `name`, or undefined. Throws `EngineError` naming the variable. */
export function givenPort(name: string, env: NodeJS.ProcessEnv): number | undefined {
  const text = env[portVariable(name)]
  if (text === undefined || text === '') return undefined
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new EngineError(`${portVariable(name)} is "${text}": it must be a port from 1 to 65535.`)
  return port
}

/** A port that `choosePorts` was asked for. */
export function portOf(ports: PortMap, name: string): number {
  const port = ports[name]
  if (port === undefined) throw new Error(`no port was chosen for ${name}`)
  return port
}

export interface PortChoice {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  readonly names: readonly string[]
  /** Those whose owner runs: they keep their port, and it is not tried. */
  readonly inUse?: ReadonlySet<string>
}

/**
 * A port for each name: the one that the environment gives, else the one remembered in the home, else a free one,
 * which the home then remembers. A remembered port that something else took in the meantime is replaced. Throws
 * `EngineError` when a given port is in use.
 */
export async function choosePorts({ home, env, names, inUse = new Set() }: PortChoice): Promise<PortMap> {
  const remembered = await rememberedPorts(home)
  const chosen: Record<string, number> = { ...remembered }
  for (const name of names) {
    const given = givenPort(name, env)
    if (inUse.has(name) && remembered[name] !== undefined) {
      if (given !== undefined && given !== remembered[name])
        throw new EngineError(
          `${name} runs on port ${remembered[name]}, but ${portVariable(name)} is ${given}: run \`tandem down\` first.`,
        )
      continue
    }
    if (given !== undefined) {
      if (!(await isFree(given))) throw portInUse(name, given)
      chosen[name] = given
    } else if (chosen[name] === undefined || !(await isFree(chosen[name]))) {
      chosen[name] = await freePort(new Set(Object.values(chosen)))
    }
  }
  await mkdir(home, { recursive: true })
  if (JSON.stringify(chosen) !== JSON.stringify(remembered))
    await writeAtomically(portFile(home), `${JSON.stringify(chosen, null, 2)}\n`)
  return chosen
}

/** What `choosePorts` has chosen so far in this home. */
export async function rememberedPorts(home: string): Promise<PortMap> {
  try {
    return Remembered.parse(JSON.parse(await readFile(portFile(home), 'utf8')))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new EngineError(`${portFile(home)} does not hold ports: remove it, and new ones are chosen.`, [], {
      cause: error,
    })
  }
}

export function portInUse(name: string, port: number): EngineError {
  return new EngineError(
    `Port ${port}, wanted by ${name}, is in use by another program: end it or set ${portVariable(name)} to another port.`,
  )
}

/** Whether a server could listen on 127.0.0.1:port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}

async function freePort(taken: ReadonlySet<number>): Promise<number> {
  for (let attempt = 0; attempt < RANGE.attempts; attempt++) {
    const port = randomInt(RANGE.from, RANGE.to)
    if (!taken.has(port) && (await isFree(port))) return port
  }
  throw new EngineError(`No free port was found between ${RANGE.from} and ${RANGE.to}.`)
}

const portFile = (home: string): string => join(home, 'ports.json')
