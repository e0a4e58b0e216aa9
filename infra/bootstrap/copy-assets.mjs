// Copies what the compiler leaves behind: files that the code reads at run time, from the path beside itself.
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT, sourceFiles } from './root.mjs'

const KINDS = new Set(['.lua', '.sql', '.java', '.yml', '.json', '.csv', '.txt', '.cjs'])
/** Of the web console everything is served as it lies there. */
const WHOLE = join('serving-layer', 'web')

export function copyAssets() {
  for (const path of sourceFiles()) {
    if (extname(path) === '.ts' || !(KINDS.has(extname(path)) || path.startsWith(WHOLE))) continue
    mkdirSync(dirname(join(ROOT, 'dist', path)), { recursive: true })
    copyFileSync(join(ROOT, path), join(ROOT, 'dist', path))
  }
  // npx makes a command executable when it first links it, not when it was built anew.
  chmodSync(join(ROOT, 'dist/infra/cli/main.js'), 0o755)
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) copyAssets()
