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
    // A registry that does not offer every platform's optional packages leaves them out of the lock file, which
    // `npm ci` then refuses; `npm install` takes the same versions from it, and here leaves it as it is.
    const isInstalled = npm(['ci'], 'ignore') || npm(['install', '--no-save'], 'inherit')
    if (!isInstalled) throw new Stop('The packages could not be installed: see above; is the network there?')
  }
  writeFileSync(stamp, wanted)
}

function npm(args, stdio) {
  const path = process.env.npm_execpath
  const [command, first] = path ? [process.execPath, [path]] : ['npm', []]
  const all = [...first, ...args, '--no-fund', '--no-audit']
  return spawnSync(command, all, { cwd: ROOT, stdio }).status === 0
}
