import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { EpochManifest } from '../../core/seam/manifest.js'
import { streamFolder } from './lake-paths.js'

const EPOCH_FOLDER = /^\d{8}T\d{6}Z$/

/** Removes part files that no manifest names and that were last changed more than `olderThanMs` before `nowMs`. */
export async function sweepParts(
  root: string,
  stream: string,
  manifestsOf: (stream: string) => Promise<readonly EpochManifest[]>,
  nowMs: number,
  olderThanMs: number,
): Promise<number> {
  const files = await partFiles(root, stream)
  if (files.length === 0) return 0
  // Manifests after files: a part that is sealed in between is then found in its manifest.
  const named = new Set(
    (await manifestsOf(stream)).flatMap(({ partitions }) => partitions.flatMap((p) => p.files.map(({ file }) => file))),
  )
  let removed = 0
  for (const file of files) {
    if (named.has(file)) continue
    const path = join(root, file)
    const { mtimeMs } = await stat(path)
    if (nowMs - mtimeMs <= olderThanMs) continue
    await rm(path)
    removed++
  }
  return removed
}

/** Relative to the root; files in writing included. */
async function partFiles(root: string, stream: string): Promise<readonly string[]> {
  const folder = streamFolder(stream)
  const files: string[] = []
  for (const epoch of await entries(join(root, folder))) {
    if (!EPOCH_FOLDER.test(epoch)) continue
    for (const name of await entries(join(root, folder, epoch))) files.push(`${folder}/${epoch}/${name}`)
  }
  return files
}

async function entries(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw failure
  }
}
