import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Ends the run with one sentence and no stack. */
export class Stop extends Error {}

const FOLDERS = ['core', 'stores', 'speed-layer', 'batch-layer', 'workflows', 'serving-layer', 'infra', 'pipelines']

/** All files from which dist is made, as paths relative to the checkout; hidden ones are made, not written. */
export function sourceFiles() {
  return FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .map((path) => join(folder, path))
      .filter((path) => !/(^|\/)\./.test(path) && !path.endsWith('.test.ts') && statSync(join(ROOT, path)).isFile()),
  )
}
