import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyAssets } from './copy-assets.mjs'
import { ROOT, Stop, sourceFiles } from './root.mjs'

const dist = join(ROOT, 'dist')
const stamp = join(dist, '.built-from')
const SETTINGS = ['package.json', 'tsconfig.json', 'tsconfig.build.json']

/** Compiles into dist when a source was added, removed or written since the last build. */
export function buildIfChanged() {
  const now = listing()
  const before = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  if (now === before) return
  const paths = new Set(now.split('\n').map(pathOf))
  // What was compiled from a source that is gone would still be found and loaded.
  if (before.split('\n').some((line) => !paths.has(pathOf(line)))) rmSync(dist, { recursive: true, force: true })
  console.log('building (tsc)')
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' })
  if (run.status !== 0) throw new Stop('The build failed: see above.')
  copyAssets()
  writeFileSync(stamp, now)
}

/** One line for each source: path, time of its last change, size. */
function listing() {
  const line = (path) => {
    const { mtimeMs, size } = statSync(join(ROOT, path))
    return `${path} ${mtimeMs} ${size}`
  }
  return [...SETTINGS, ...sourceFiles()].map(line).sort().join('\n')
}

const pathOf = (line) => line.split(' ', 1)[0]
