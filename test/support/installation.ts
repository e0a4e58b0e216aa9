import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Instance, openInstance } from '../../infra/instance/instance.js'

const run = promisify(execFile)
/** The command line as it was built; for processes that a test starts beside those of `tandem up`. */
export const MAIN = fileURLToPath(new URL('../../dist/infra/cli/main.js', import.meta.url))
const PIPELINES = fileURLToPath(new URL('./pipelines', import.meta.url))

export interface Verdict {
  readonly drift: number
  readonly views: number
  readonly cells: number
  readonly records: number
  readonly ledger: {
    readonly read: number
    readonly accepted: number
    readonly rejected: number
    readonly duplicates: number
  }
}

export interface Status {
  readonly ready: boolean
  readonly urls: { readonly api: string; readonly temporal: string }
  readonly engines: readonly {
    readonly name: string
    readonly port: number
    readonly pid: number
    readonly ready: boolean
  }[]
  readonly layers: readonly { readonly name: string; readonly pid: number | null; readonly ready: boolean }[]
}

/** A whole installation in a temporary home, driven as a user drives it: by the command line and by HTTP. */
export interface Installation {
  readonly home: string
  readonly env: NodeJS.ProcessEnv
  /** The same home as the command line sees it: its catalog and connections. */
  readonly instance: Instance
  /** Runs `tandem …` and returns standard output; rejects with standard error where it fails. */
  tandem(...args: string[]): Promise<string>
  status(): Promise<Status>
  verify(): Promise<Verdict>
  /** GET on the API; the parsed JSON, whatever the status. */
  get(path: string): Promise<unknown>
  post(path: string, body: unknown): Promise<unknown>
  /** The process that runs as a layer or an engine, or ran last. `startedAtMs`: UTC ms. */
  processOf(name: string): Promise<{ readonly pid: number; readonly startedAtMs: number }>
  /** SIGKILL, SIGSTOP … to a layer or an engine. */
  signal(name: string, signal: NodeJS.Signals): Promise<void>
  /** Brings back whatever is down; `env` goes to the processes that it starts. */
  up(env?: NodeJS.ProcessEnv): Promise<void>
  close(): Promise<void>
}

export interface InstallationOptions {
  /** Default: short epochs, so that seals can be waited for. */
  readonly epoch?: string
  /** Shipped pipelines that run, or `none`. */
  readonly shipped?: string
  /** Folders of further pipelines. Default: the test's own shop. */
  readonly pipelines?: string
  readonly env?: NodeJS.ProcessEnv
}

export async function openInstallation({
  epoch = '10s',
  shipped = 'none',
  pipelines = PIPELINES,
  env: extra = {},
}: InstallationOptions = {}): Promise<Installation> {
  const home = await mkdtemp(join(tmpdir(), 'tandem-installation-'))
  const env = {
    ...process.env,
    TANDEM_HOME: home,
    TANDEM_EPOCH: epoch,
    TANDEM_SHIPPED: shipped,
    TANDEM_PIPELINES: pipelines,
    TANDEM_SEAL_MARGIN: '1s',
    ...extra,
  }
  const tandem = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, [MAIN, ...args], { env, cwd: home, maxBuffer: 64 * 1024 * 1024 })
    return stdout
  }
  /** `status` and `verify` end with 1 where something is not as it should be, and still answer. */
  const json = async <T>(...args: string[]): Promise<T> => {
    const { stdout, stderr } = await run(process.execPath, [MAIN, ...args, '--json'], { env, cwd: home }).catch(
      (error: { stdout?: string; stderr?: string }) => ({ stdout: error.stdout ?? '', stderr: error.stderr ?? '' }),
    )
    if (!stdout.trim()) throw new Error(`tandem ${args.join(' ')} printed nothing: ${stderr}`)
    return JSON.parse(stdout) as T
  }
  const status = () => json<Status>('status')
  const processOf = async (name: string) =>
    JSON.parse(await readFile(join(home, 'run', `${name}.pid`), 'utf8')) as { pid: number; startedAtMs: number }
  let api: string | undefined
  const apiUrl = async () => (api ??= (await status()).urls.api)
  try {
    await tandem('up')
  } catch (error) {
    await tandem('down', '--wipe').catch(() => '')
    throw error
  }
  return {
    home,
    env,
    instance: await openInstance(() => {}, env),
    tandem,
    status,
    verify: () => json<Verdict>('verify'),
    get: async (path) => (await fetch(new URL(path, await apiUrl()))).json(),
    post: async (path, body) =>
      (
        await fetch(new URL(path, await apiUrl()), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
      ).json(),
    processOf,
    async signal(name, signal) {
      process.kill((await processOf(name)).pid, signal)
    },
    async up(more = {}) {
      await run(process.execPath, [MAIN, 'up'], { env: { ...env, ...more }, cwd: home })
    },
    async close() {
      await tandem('down', '--wipe')
      await rm(home, { recursive: true, force: true })
    },
  }
}
