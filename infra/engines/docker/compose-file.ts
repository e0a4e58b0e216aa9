import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** docker-compose.yml of this checkout: beside package.json, whether this runs from its source or compiled in dist. */
export function composeFile(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'docker-compose.yml'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('docker-compose.yml lies in no folder above this file')
    folder = above
  }
  return join(folder, 'docker-compose.yml')
}
