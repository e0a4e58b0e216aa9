import { randomUUID } from 'node:crypto'
import { open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { epochStartText } from '../../core/time/epoch-start-text.js'
import { syncFolder } from './fingerprint.js'
import { streamFolder } from './lake-paths.js'

const EPOCH_FOLDER = /^\d{8}T\d{6}Z$/

/** `<stream>/expired.json`: the raw files of epochs before this one are gone, or going. Their manifests stay. */
const expired = z.object({ version: z.literal(1), beforeEpoch: z.int() })

/** First epoch whose raw files are held; 0 where none has expired. */
export async function rawFrom(root: string, stream: string): Promise<number> {
  const file = expiredFile(stream)
  try {
    return expired.parse(JSON.parse(await readFile(join(root, file), 'utf8'))).beforeEpoch
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return 0
    throw new Error(`lake file "${file}" cannot be read: ${(failure as Error).message}`, { cause: failure })
  }
}

/**
 * Removes the raw files of all epochs before one. It is written down first, so that nobody takes a missing file for a lost
 * one; a run that is killed in between is finished by the next.
 *
 * @returns epochs whose files were removed
 */
export async function expireRaw(root: string, stream: string, epochMs: number, beforeEpoch: number): Promise<number> {
  const folder = join(root, streamFolder(stream))
  const before = Math.max(beforeEpoch, await rawFrom(root, stream))
  const draft = join(folder, `.${randomUUID()}.tmp`)
  const handle = await open(draft, 'wx')
  try {
    await handle.writeFile(`${JSON.stringify({ version: 1, beforeEpoch: before })}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, join(root, expiredFile(stream)))
  await syncFolder(folder)
  // names are instants of fixed width, so their order is the order of epochs
  const first = epochStartText(before, epochMs)
  const gone = (await readdir(folder)).filter((name) => EPOCH_FOLDER.test(name) && name < first)
  for (const name of gone) await rm(join(folder, name), { recursive: true, force: true })
  return gone.length
}

function expiredFile(stream: string): string {
  return `${streamFolder(stream)}/expired.json`
}
