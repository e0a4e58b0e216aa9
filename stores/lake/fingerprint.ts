import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/**
 * Size and sha256 of a file.
 * @param options.sync also forces the file's content to the disk, as a manifest that names it will be
 */
export async function fingerprint(
  path: string,
  options: { sync?: boolean } = {},
): Promise<{ bytes: number; sha256: string }> {
  const file = await open(path, 'r')
  try {
    const hash = createHash('sha256')
    const buffer = Buffer.allocUnsafe(1024 * 1024)
    let bytes = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null)
      if (bytesRead === 0) break
      hash.update(buffer.subarray(0, bytesRead))
      bytes += bytesRead
    }
    if (options.sync) await file.sync()
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

/** Forces the names in a folder to the disk, after a rename or a link. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
