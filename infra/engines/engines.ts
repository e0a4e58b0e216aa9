import type { Connections } from '../../stores/connections.js'

/** In the order in which people read them; `prometheus` is there only where its program is. */
export const ENGINE_NAMES = ['kafka', 'redis', 'mongo', 'search', 'temporal', 'prometheus'] as const
export type EngineName = (typeof ENGINE_NAMES)[number]

/** `native` runs processes of this machine, `docker` containers, `external` nothing: it only knows addresses. */
export const PROVIDERS = ['native', 'docker', 'external'] as const
export type Provider = (typeof PROVIDERS)[number]

export interface EngineStatus {
  readonly name: EngineName
  readonly provider: Provider
  /** TCP port of the engine's own protocol. */
  readonly port: number
  /** Null when it does not run, or runs elsewhere. */
  readonly pid: number | null
  /** Resident memory in MiB; null when it cannot be known from here. */
  readonly rssMiB: number | null
  /** It has just answered a request in its own protocol. */
  readonly ready: boolean
  /** A file, or the command that shows the log; null when the log is elsewhere. */
  readonly log: string | null
}

/**
 * The engines of one home. Any number of processes may open the same home; what runs is found by what is recorded in
 * it, so nothing is held open and nothing needs closing. Everything fails with `EngineError`.
 */
export interface Engines {
  readonly provider: Provider
  /**
   * Provisions what is missing, starts what does not run and returns when all of them answer. Safe to repeat. What
   * runs when it fails or is interrupted is stopped by `down`.
   */
  up(options?: UpOptions): Promise<Connections>
  /** Where the engines are, or will be after `up`. */
  connections(): Promise<Connections>
  status(): Promise<readonly EngineStatus[]>
  /** Stops all engines; with `wipe` their data goes as well. Safe to repeat. */
  down(options?: { readonly wipe?: boolean }): Promise<void>
  /** Starts one engine on the port it had, and waits until it answers. */
  start(name: EngineName): Promise<void>
  /** Stops one engine: SIGTERM, and SIGKILL when that is ignored. */
  stop(name: EngineName): Promise<void>
  restart(name: EngineName): Promise<void>
  /** SIGKILL, as a crash would do it: nothing is written back. */
  kill(name: EngineName): Promise<void>
}

export interface UpOptions {
  /** Interrupts provisioning and waiting; `up` then throws `EngineError`. */
  readonly signal?: AbortSignal
}

/** Told what is going on, a line at a time, for people. */
export type Progress = (line: string) => void
