import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImportManifest } from '../../core/seam/import-manifest.js'
import { createOnce } from './create-once.js'
import { fingerprint } from './fingerprint.js'
import { parseImportManifest } from './import-manifest-schema.js'
import { importFolder, importManifestFile, importsFolder } from './lake-paths.js'

const MANIFEST = /^([0-9a-f]{64})\.json$/

/** The imports below one root: a manifest each, and a folder with its parts. */
export class ImportFiles {
  constructor(private readonly root: string) {}

  /** Creates the manifest where there is none; returns the one in force. */
  async seal(manifest: ImportManifest): Promise<ImportManifest> {
    const { stream, sha256 } = manifest
    const file = importManifestFile(stream, sha256)
    const content = `${JSON.stringify(manifest, null, 1)}\n`
    parseImportManifest(file, content)
    await createOnce(join(this.root, file), content)
    const inForce = await this.one(stream, sha256)
    if (inForce === null) throw new Error(`import manifest "${file}" was written and is gone: something removes files`)
    await this.#sweep(inForce)
    return inForce
  }

  async one(stream: string, sha256: string): Promise<ImportManifest | null> {
    const file = importManifestFile(stream, sha256)
    try {
      return parseImportManifest(file, await readFile(join(this.root, file), 'utf8'))
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw failure
    }
  }

  /** By sha256. */
  async all(stream: string): Promise<readonly ImportManifest[]> {
    const found: ImportManifest[] = []
    for (const name of (await this.#names(importsFolder(stream))).sort()) {
      const manifest = MANIFEST.test(name) ? await this.one(stream, name.slice(0, 64)) : null
      if (manifest !== null) found.push(manifest)
    }
    return found
  }

  /** @throws Error naming the first part that is missing or differs from what the manifest says */
  async check({ stream, parts }: ImportManifest): Promise<void> {
    for (const { file, bytes, sha256 } of parts) {
      const found = await fingerprint(join(this.root, file)).catch((cause) => {
        throw new Error(`lake file "${file}" of stream "${stream}" cannot be read: ${(cause as Error).message}`, {
          cause,
        })
      })
      if (found.bytes !== bytes || found.sha256 !== sha256) {
        throw new Error(
          `lake file "${file}" of stream "${stream}" has ${found.bytes} bytes and sha256 ${found.sha256}, its manifest says ${bytes} and ${sha256}`,
        )
      }
    }
  }

  /** Removes parts of imports that were given up before their manifest, last changed more than `olderThanMs` ago. */
  async sweepAbandoned(stream: string, nowMs: number, olderThanMs: number): Promise<number> {
    let removed = 0
    for (const sha256 of await this.#names(importsFolder(stream))) {
      if (!/^[0-9a-f]{64}$/.test(sha256)) continue
      const folder = importFolder(stream, sha256)
      for (const name of await this.#names(folder)) {
        const path = join(this.root, folder, name)
        const { mtimeMs } = await stat(path)
        // after the listing: a part that is sealed in between is then found in its manifest
        const manifest = await this.one(stream, sha256)
        const named = manifest?.parts.some(({ file }) => file === `${folder}/${name}`) ?? false
        if (named || nowMs - mtimeMs <= olderThanMs) continue
        await rm(path, { force: true })
        removed++
      }
    }
    return removed
  }

  /** Attempts that lost left parts, or still write them; nobody will ever read those. */
  async #sweep({ stream, sha256, parts }: ImportManifest): Promise<void> {
    const folder = importFolder(stream, sha256)
    const named = new Set(parts.map(({ file }) => file))
    for (const name of await this.#names(folder)) {
      if (!named.has(`${folder}/${name}`)) await rm(join(this.root, folder, name), { force: true })
    }
  }

  async #names(folder: string): Promise<string[]> {
    try {
      return await readdir(join(this.root, folder))
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw failure
    }
  }
}
