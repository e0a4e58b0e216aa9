import { join, resolve } from 'node:path'

/** Folders of one installation. Everything Tandem writes lies below `root`. */
export interface Home {
  readonly root: string
  /** Parquet files and manifests. */
  readonly lake: string
  /** Pages that sources fetched. */
  readonly landing: string
  /** Pid files of the layers. */
  readonly run: string
  readonly logs: string
}

/** `TANDEM_HOME`, or `.tandem` in the current folder. */
export function homeOf(env: NodeJS.ProcessEnv, cwd: string): Home {
  const root = resolve(cwd, env.TANDEM_HOME ?? '.tandem')
  return {
    root,
    lake: env.TANDEM_LAKE ? resolve(cwd, env.TANDEM_LAKE) : join(root, 'lake'),
    landing: join(root, 'landing'),
    run: join(root, 'run'),
    logs: join(root, 'logs'),
  }
}
