import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, Stop } from './root.mjs'

const modules = join(ROOT, 'node_modules')
const stamp = join(modules, '.tandem-installed')
/** Written by npm at the end of every install. */
const npmsOwn = join(modules, '.package-lock.json')

/** Runs `npm ci` when node_modules is not what package-lock.json asks for. */
export function installIfChanged() {
  const lock = join(ROOT, 'package-lock.json')
  const wanted = createHash('sha256').update(readFileSync(lock)).digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(npmsOwn)) return
  const isByHand = existsSync(npmsOwn) && statSync(npmsOwn).mtimeMs >= statSync(lock).mtimeMs
  if (!isByHand) {
    console.log('installing packages (npm ci)')
    const npm = process.env.npm_execpath
    const [command, first] = npm ? [process.execPath, [npm]] : ['npm', []]
    const run = spawnSync(command, [...first, 'ci', '--no-fund', '--no-audit'], { cwd: ROOT, stdio: 'inherit' })
    if (run.status !== 0) throw new Stop('npm ci failed: see above; is the network there?')
  }
  writeFileSync(stamp, wanted)
}
