import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EpochManifest } from '../../core/seam/manifest.js'
import { createOnce } from './create-once.js'
import { manifestFile, manifestFolder } from './lake-paths.js'
import { parseManifest } from './manifest-schema.js'

/** Names are instants of fixed width, so their order is the order of epochs. */
const MANIFEST = /^\d{8}T\d{6}Z\.json$/

/** Manifests kept in memory: half a year of hours, some MB. */
const KEPT = 4096

/** The manifests below one root. A manifest never changes once it is there, so what was read is kept. */
export class ManifestFiles {
  readonly #read = new Map<string, EpochManifest>()

  constructor(private readonly root: string) {}

  /** Creates the epoch's manifest where there is none; returns the one in force. */
  async seal(manifest: EpochManifest): Promise<EpochManifest> {
    const file = manifestFile(manifest.stream, manifest.epoch, manifest.epochMs)
    const content = `${JSON.stringify(manifest, null, 1)}\n`
    parseManifest(file, content)
    await createOnce(join(this.root, file), content)
    const inForce = await this.#readFile(file)
    if (inForce === null)
      throw new Error(`manifest "${file}" was sealed and is gone: something removes files from the lake`)
    return inForce
  }

  async one(stream: string, epoch: number, epochMs: number): Promise<EpochManifest | null> {
    return this.#readFile(manifestFile(stream, epoch, epochMs))
  }

  /** Oldest first. */
  async all(stream: string): Promise<readonly EpochManifest[]> {
    const manifests: EpochManifest[] = []
    for (const name of await this.#names(stream)) manifests.push(await this.#sealed(stream, name))
    return manifests
  }

  async last(stream: string): Promise<EpochManifest | null> {
    const name = (await this.#names(stream)).at(-1)
    return name === undefined ? null : this.#sealed(stream, name)
  }

  async #names(stream: string): Promise<readonly string[]> {
    try {
      return (await readdir(join(this.root, manifestFolder(stream)))).filter((name) => MANIFEST.test(name)).sort()
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw failure
    }
  }

  async #sealed(stream: string, name: string): Promise<EpochManifest> {
    const file = `${manifestFolder(stream)}/${name}`
    const manifest = await this.#readFile(file)
    if (manifest === null) throw new Error(`manifest "${file}" vanished while it was read`)
    return manifest
  }

  async #readFile(file: string): Promise<EpochManifest | null> {
    const known = this.#read.get(file)
    if (known !== undefined) return known
    let content: string
    try {
      content = await readFile(join(this.root, file), 'utf8')
    } catch (failure) {
      if ((failure as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw failure
    }
    const manifest = parseManifest(file, content)
    if (this.#read.size >= KEPT) this.#read.delete(this.#read.keys().next().value as string)
    this.#read.set(file, manifest)
    return manifest
  }
}
