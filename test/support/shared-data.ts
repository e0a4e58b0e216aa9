import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Folder of the real files that tests read where they are at hand: `shared/data` beside the checkout. They are not ours to
 * publish. Null where there is no such folder.
 */
export function sharedData(): string | null {
  const folder = fileURLToPath(new URL('../../../shared/data/', import.meta.url))
  return existsSync(folder) ? folder : null
}
