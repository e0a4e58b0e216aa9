import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EncodedCell } from '../../core/cell/cell.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { PartitionBoundary } from '../../core/seam/boundary.js'
import type { EpochManifest } from '../../core/seam/manifest.js'
import { aggregateFiles } from './aggregate-files.js'
import type { ColdStore } from './cold-port.js'
import { coldStore } from './cold-store.js'
import { type DuckDb, openDuckDb } from './duckdb.js'
import { fingerprint } from './fingerprint.js'
import { idsOfEpoch } from './ids-of-epoch.js'
import { ImportFiles } from './import-files.js'
import type { ImportStore } from './import-port.js'
import { openImportStore } from './import-store.js'
import { type CompiledLakeOptions, compileLakeOptions, type LakeOptions } from './lake-options.js'
import type { AggregateInput, LakeStore, PartPlace, PartWriter, Scratch } from './lake-port.js'
import { ManifestFiles } from './manifest-files.js'
import { openPartWriter } from './part-writer.js'
import { expireRaw, rawFrom } from './raw-retention.js'
import { openScratch } from './scratch.js'
import { removeLeftSpills, spillFolder } from './spill-folder.js'
import { sweepParts } from './sweep-parts.js'
import { Turns } from './turns.js'

/** @param root created where it is missing */
export async function openLake(root: string, options: LakeOptions = {}): Promise<LakeStore> {
  const compiled = compileLakeOptions(root, options)
  await mkdir(compiled.root, { recursive: true })
  await removeLeftSpills(compiled.root)
  const spills = spillFolder(compiled.root)
  // DuckDB makes the last folder of the path alone
  await mkdir(dirname(spills), { recursive: true })
  return new DuckDbLakeStore(compiled, await openDuckDb({ ...compiled, spillFolder: spills }), spills)
}

class DuckDbLakeStore implements LakeStore {
  readonly root: string
  readonly imports: ImportStore
  readonly cold: Omit<ColdStore, 'close'>
  readonly #importFiles: ImportFiles
  readonly #manifests: ManifestFiles
  readonly #turns = new Turns()

  constructor(
    private readonly options: CompiledLakeOptions,
    private readonly duckdb: DuckDb,
    private readonly spills: string,
  ) {
    this.root = options.root
    this.#manifests = new ManifestFiles(options.root)
    this.#importFiles = new ImportFiles(options.root)
    this.imports = openImportStore({ duckdb, options, turns: this.#turns, files: this.#importFiles })
    this.cold = coldStore(
      options.root,
      async () => duckdb,
      async () => undefined,
    )
  }

  openPart(place: PartPlace): Promise<PartWriter> {
    return openPartWriter(this.duckdb, this.options, this.#turns, place)
  }

  seal(manifest: EpochManifest): Promise<EpochManifest> {
    return this.#manifests.seal(manifest)
  }

  manifest(stream: string, epoch: number, epochMs: number): Promise<EpochManifest | null> {
    return this.#manifests.one(stream, epoch, epochMs)
  }

  manifests(stream: string): Promise<readonly EpochManifest[]> {
    return this.#manifests.all(stream)
  }

  lastManifest(stream: string): Promise<EpochManifest | null> {
    return this.#manifests.last(stream)
  }

  async idsBelow(
    stream: StreamDefinition,
    epochMs: number,
    partition: number,
    { offset, epoch }: PartitionBoundary,
  ): Promise<readonly string[]> {
    // The partition's records of an epoch lie in the manifest of that epoch and in no other, as it ends with the epoch.
    const manifest = stream.id === null || epoch < 1 ? null : await this.manifest(stream.name, epoch - 1, epochMs)
    const sealed = manifest?.partitions.find((p) => p.partition === partition)
    if (manifest === null || sealed === undefined || sealed.open || sealed.to > offset) return []
    return idsOfEpoch(this.duckdb, this.root, stream, { ...manifest, partitions: [sealed] })
  }

  rawFrom(stream: string): Promise<number> {
    return rawFrom(this.root, stream)
  }

  expireRaw(stream: string, epochMs: number, beforeEpoch: number): Promise<number> {
    return expireRaw(this.root, stream, epochMs, beforeEpoch)
  }

  async checkFiles(manifest: EpochManifest): Promise<void> {
    for (const { files } of manifest.partitions) {
      for (const { file, bytes, sha256 } of files) {
        const found = await fingerprint(join(this.root, file)).catch((cause) => {
          throw new Error(
            `lake file "${file}" of stream "${manifest.stream}" cannot be read: ${(cause as Error).message}`,
            { cause },
          )
        })
        if (found.bytes !== bytes || found.sha256 !== sha256) {
          throw new Error(
            `lake file "${file}" of stream "${manifest.stream}" has ${found.bytes} bytes and sha256 ${found.sha256}, its manifest says ${bytes} and ${sha256}`,
          )
        }
      }
    }
  }

  aggregate(input: AggregateInput): Promise<readonly EncodedCell[]> {
    return aggregateFiles(this.duckdb, this.root, input)
  }

  async sweep(stream: string, nowMs: number, olderThanMs: number): Promise<number> {
    const abandoned = await this.#importFiles.sweepAbandoned(stream, nowMs, olderThanMs)
    return abandoned + (await sweepParts(this.root, stream, (name) => this.#manifests.all(name), nowMs, olderThanMs))
  }

  openScratch(): Promise<Scratch> {
    return openScratch(this.options)
  }

  async close(): Promise<void> {
    this.duckdb.close()
    await rm(this.spills, { recursive: true, force: true })
  }
}
