// Behind `npm start` and `npm test`: plain JavaScript without dependencies, as on a fresh clone there are none.
// Installs and builds only what changed, then becomes `tandem start …` or runs the tests.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
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

function test(args) {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-report-'))
  const report = join(folder, 'report.json')
  try {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
    const run = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...args], { cwd: ROOT, stdio: 'inherit' })
    const { passed, failed } = countTests(existsSync(report) ? readFileSync(report, 'utf8') : null, run.status)
    console.log(`${passed} passed, ${failed} failed`)
    process.exitCode = failed > 0 ? 1 : 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
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
