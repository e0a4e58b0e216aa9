import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Home } from './home.js'
import { UserError } from './user-error.js'

/**
 * Port of the API: `TANDEM_PORT_API` if given, else the one this home used before if it is free, else a free one near
 * 8080. Chosen by the serving layer itself, just before it listens, and remembered in the home.
 */
export async function apiPort(home: Home, env: NodeJS.ProcessEnv): Promise<number> {
  const file = join(home.root, 'api-port')
  const remembered = Number(await readFile(file, 'utf8').catch(missing))
  if (env.TANDEM_PORT_API) {
    const port = Number(env.TANDEM_PORT_API)
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new UserError(`TANDEM_PORT_API is "${env.TANDEM_PORT_API}", expected a port from 1 to 65535.`)
    if (!(await isFree(port)))
      throw new UserError(`Port ${port} (TANDEM_PORT_API) is in use by another program: stop it or give another port.`)
    await writeFile(file, `${port}`)
    return port
  }
  if (remembered > 0 && (await isFree(remembered))) return remembered
  for (let port = 8080; port < 8180; port++) {
    if (!(await isFree(port))) continue
    await writeFile(file, `${port}`)
    return port
  }
  throw new UserError('No free port between 8080 and 8179: give one by TANDEM_PORT_API.')
}

/** The port this home's API was given, or null before its first start. */
export async function rememberedApiPort(home: Home): Promise<number | null> {
  return Number(await readFile(join(home.root, 'api-port'), 'utf8').catch(missing)) || null
}

function missing(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '0'
  throw error
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
