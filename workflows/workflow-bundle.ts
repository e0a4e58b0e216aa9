import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker'
import type { Logger } from '../stores/logger.js'

const run = promisify(execFile)

/** Where bundles are kept: beside the compiled files, and out of sight where the sources are run themselves. */
const FOLDER = { '.js': './.bundle/', '.ts': '../node_modules/.cache/tandem-workflows/' }

/** Files of ours that end up in the bundle: this folder, and what its files import from core. */
const SOURCES = ['./workflow/', '../core/seam/epoch-of', '../core/time/epoch-start-text']

/**
 * The workflows' code for the worker. Bundling takes seconds and memory, so it is done once, by a process of its own, and
 * kept beside the compiled files under a name made from their contents; a second start reads one file.
 */
export async function workflowBundle(logger: Logger): Promise<WorkflowBundleOption> {
  const file = bundleFile()
  if (existsSync(file)) return { codePath: file }
  const started = performance.now()
  if (extension() === '.ts') await writeBundle()
  else await run(process.execPath, [fileURLToPath(new URL('./write-bundle.js', import.meta.url))])
  logger.info({ file, ms: Math.round(performance.now() - started) }, 'workflow code bundled')
  return { codePath: file }
}

/** Bundles the workflows' code into its place. */
export async function writeBundle(): Promise<void> {
  const file = bundleFile()
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL(`./workflow/index${extension()}`, import.meta.url)),
    // the SDK asks for a source map; without the sources in it the bundle is a third as large
    webpackConfigHook: (config) => ({ ...config, devtool: 'inline-nosources-cheap-module-source-map' }),
    logger: quiet,
  })
  const folder = dirname(file)
  mkdirSync(folder, { recursive: true })
  // renamed into place: two workers that start at once write the same contents
  const temporary = `${file}.${randomUUID()}`
  writeFileSync(temporary, code)
  renameSync(temporary, file)
  // older code is of no use to anyone: runs take up the newest
  for (const name of readdirSync(folder)) {
    if (/^[0-9a-f]{16}\.js$/.test(name) && name !== basename(file)) rmSync(join(folder, name), { force: true })
  }
}

function bundleFile(): string {
  return join(fileURLToPath(new URL(FOLDER[extension()], import.meta.url)), `${sourceHash()}.js`)
}

function sourceHash(): string {
  const hash = createHash('sha256')
  for (const place of SOURCES) {
    const url = new URL(place, import.meta.url)
    const files = place.endsWith('/')
      ? readdirSync(url)
          .filter((name) => name.endsWith(extension()))
          .sort()
          .map((name) => new URL(name, url))
      : [new URL(`${place}${extension()}`, import.meta.url)]
    for (const file of files) hash.update(`${file.pathname.split('/').at(-1)}\n`).update(readFileSync(file))
  }
  return hash.update(sdkVersion()).digest('hex').slice(0, 16)
}

/** The bundle holds the SDK's own workflow code. */
function sdkVersion(): string {
  const found = import.meta.resolve === undefined ? null : import.meta.resolve('@temporalio/worker')
  return found === null ? 'unknown' : readFileSync(new URL('../package.json', found), 'utf8')
}

function extension(): '.ts' | '.js' {
  return import.meta.url.endsWith('.ts') ? '.ts' : '.js'
}

const silent = (): void => undefined
const quiet = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent }
