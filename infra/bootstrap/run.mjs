// Behind `npm start` and `npm test`: plain JavaScript without dependencies, as on a fresh clone there are none.
// Installs and builds only what changed, then becomes `tandem start …` or runs the tests.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildIfChanged } from './build.mjs'
import { countTests } from './count-tests.mjs'
import { installIfChanged } from './install.mjs'
import { ROOT, Stop } from './root.mjs'

const NODE_MAJOR = 20

const verbs = { start, test }

async function start(args) {
  const main = join(ROOT, 'dist/infra/cli/main.js')
  // In this process: a Ctrl-C reaches the command itself, and no second Node takes memory.
  process.argv = [process.execPath, main, 'start', ...args]
  await import(pathToFileURL(main).href)
}

/** Run side by side where nothing narrower is asked for: both mostly wait, each for engines of its own. */
const PARTS = [
  ['--project', 'unit', '--project', 'engines'],
  ['--project', 'installation'],
]

async function test(args) {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-report-'))
  try {
    const parts = args.length > 0 ? [args] : PARTS
    const counts = await Promise.all(parts.map((part, i) => runPart(part, folder, i)))
    const [passed, failed] = ['passed', 'failed'].map((outcome) => counts.reduce((sum, one) => sum + one[outcome], 0))
    console.log(`${passed} passed, ${failed} failed`)
    process.exitCode = failed > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The first part is shown as it runs, the others when they have ended. */
async function runPart(part, folder, i) {
  const report = join(folder, `report-${i}.json`)
  const shown = join(folder, `shown-${i}.txt`)
  const output = i === 0 ? 'inherit' : openSync(shown, 'w')
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const child = spawn(process.execPath, [vitest, 'run', ...reporters, ...part], {
    cwd: ROOT,
    stdio: ['inherit', output, output],
  })
  const [status] = await once(child, 'exit')
  if (i > 0) process.stdout.write(readFileSync(shown))
  return countTests(existsSync(report) ? readFileSync(report, 'utf8') : null, status)
}

try {
  const [verb, ...args] = process.argv.slice(2)
  const run = verbs[verb]
  if (!run) throw new Stop(`"${verb ?? ''}" is none of: ${Object.keys(verbs).join(', ')}.`)
  const major = Number(process.versions.node.split('.', 1)[0])
  if (major < NODE_MAJOR)
    throw new Stop(`Node ${process.versions.node} is too old: install Node ${NODE_MAJOR} or newer.`)
  installIfChanged()
  buildIfChanged()
  await run(args)
} catch (error) {
  if (!(error instanceof Stop)) throw error
  console.error(error.message)
  process.exitCode = 1
}
