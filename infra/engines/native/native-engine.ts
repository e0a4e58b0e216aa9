import type { EngineName } from '../engines.js'
import type { Probe } from '../probe.js'
import type { PortMap } from './ports.js'
import type { ProvisionOptions } from './provision.js'
import type { Tool } from './tools.js'

/** How one engine is run as a process of this machine. */
export interface NativeEngine {
  readonly name: EngineName
  /** Names of the ports it listens on, its own protocol's first. */
  readonly ports: readonly [string, ...string[]]
  /** Bound on the time from start to the first answer; a cold disk and two busy cores included. */
  readonly readyWithinMs: number
  /** Between SIGTERM and SIGKILL. */
  readonly stopWithinMs: number
  readonly probe: Probe
  /** The programs of this machine without which `provision` or `prepare` would fail now. Quick. */
  readonly tools: (options: ProvisionOptions) => Promise<readonly Tool[]>
  /** Fetches it if need be; what it returns goes into `prepare` as `place`. Throws `EngineError`. */
  readonly provision: (options: ProvisionOptions) => Promise<string>
  /** Writes its configuration and says how it is started. Its data folder exists. */
  readonly prepare: (context: EngineContext) => Promise<Launch>
}

export interface EngineContext {
  /** What `provision` returned. */
  readonly place: string
  readonly home: string
  /** The engine's own folder in the home. */
  readonly data: string
  readonly ports: PortMap
  readonly env: NodeJS.ProcessEnv
}

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
}
