import { randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Engines, openEngines } from '../../infra/engines/index.js'
import type { Connections } from '../../stores/connections.js'

declare module 'vitest' {
  export interface ProvidedContext {
    connections: Connections
    home: string
  }
}

/** The engines of this run. Only in files of the `engines` project. */
export function testConnections(): Connections {
  return inject('connections')
}

/** For tests that kill, stop and restart engines: the same ones as `testConnections`, so leave them running. */
export function testEngines(): Promise<Engines> {
  return openEngines({ home: inject('home'), env: process.env, progress: () => undefined })
}

/** A name that no other test and no other run has: for topics, key prefixes, databases, indices and folders alike. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`
}
