import { randomUUID } from 'node:crypto'
import { link, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder } from './fingerprint.js'

/** Creates a file with this content where there is none, on the disk when it returns; one that is there stays as it is. */
export async function createOnce(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  // Written whole under another name first: a reader sees all of a file or none of it.
  const draft = join(dirname(path), `.${randomUUID()}.tmp`)
  try {
    const handle = await open(draft, 'wx')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    // Unlike a rename, a link fails where the name is taken: the first attempt wins.
    await link(draft, path)
    await syncFolder(dirname(path))
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'EEXIST') throw failure
  } finally {
    await rm(draft, { force: true })
  }
}
