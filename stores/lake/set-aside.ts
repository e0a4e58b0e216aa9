import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { streamFolder } from './lake-paths.js'

/**
 * Moves everything that the lake holds of a stream out of the way, to `.reset/<stream>-<name>`: nothing reads it there, and
 * a person may still want it.
 *
 * @returns the folder it is in now; null where the lake has nothing of the stream
 */
export async function setAside(root: string, stream: string, name: string): Promise<string | null> {
  const folder = join(root, '.reset')
  const to = join(folder, `${streamFolder(stream)}-${name}`)
  await mkdir(folder, { recursive: true })
  try {
    await rename(join(root, streamFolder(stream)), to)
    return to
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
