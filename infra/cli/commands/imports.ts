import type { Command } from 'commander'
import type { ImportManifest } from '../../../core/seam/import-manifest.js'
import { type LakeStore, openLake } from '../../../stores/lake/index.js'
import { openInstance } from '../../instance/instance.js'
import { pickStreams } from '../../instance/pick-streams.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'

/** Digits of an address that are enough to find it. */
const MIN_DIGITS = 6

export function addImports(program: Command): void {
  const imports = program.command('imports').description('files that were imported: what of them counts, and what not')
  imports
    .command('list')
    .description('imported files of streams, and how their rows ended')
    .argument('[streams...]', 'default: all')
    .option('--json', 'one line of JSON')
    .action(async (names: string[], { json }: { json?: boolean }) => {
      await withLake(names, async (lake, streams) => {
        const files = (await Promise.all(streams.map((stream) => lake.imports.manifests(stream)))).flat().map(shown)
        if (json) printJson({ imports: files })
        else printTable(files.map((file) => ({ ...file, sha256: file.sha256.slice(0, 12) })))
      })
    })
  imports
    .command('rejected')
    .description('the rejected rows of a file, one line of JSON each: where it stood, why, and the record made of it')
    .argument('<stream>')
    .argument('<sha256>', 'its address, or how that begins')
    .option('--reason <reason>', 'only rows rejected for it')
    .action(async (name: string, address: string, { reason }: { reason?: string }) => {
      await withLake([name], async (lake, [stream]) => {
        const manifest = await pickImport(lake, stream as string, address)
        for await (const row of lake.imports.rejectedRows(manifest))
          if (reason === undefined || row.reason === reason) printJson({ file: manifest.name, ...row })
      })
    })
}

async function withLake(
  names: readonly string[],
  act: (lake: LakeStore, streams: readonly string[]) => Promise<void>,
): Promise<void> {
  const { home, catalog } = await openInstance()
  const streams = pickStreams(catalog, names).map((stream) => stream.name)
  const lake = await openLake(home.lake, { threads: 1 })
  try {
    await act(lake, streams)
  } finally {
    await lake.close()
  }
}

/** @throws UserError where none, or more than one, has that address */
async function pickImport(lake: LakeStore, stream: string, address: string): Promise<ImportManifest> {
  const found = (await lake.imports.manifests(stream)).filter(({ sha256 }) => sha256.startsWith(address.toLowerCase()))
  const [only] = found
  if (only !== undefined && found.length === 1 && address.length >= MIN_DIGITS) return only
  const what = found.length === 0 ? 'no imported file' : `${found.length} imported files`
  throw new UserError(
    `Stream "${stream}" has ${what} with an address that begins with "${address}"; give at least ${MIN_DIGITS} digits of one that \`tandem imports list ${stream}\` shows.`,
  )
}

function shown({ stream, name, sha256, rows, accepted, rejected, duplicates, events, importedAtMs }: ImportManifest) {
  return {
    stream,
    file: name,
    sha256,
    rows,
    accepted,
    rejected,
    duplicates,
    from: events === null ? null : new Date(events.fromMs).toISOString(),
    to: events === null ? null : new Date(events.toMs).toISOString(),
    importedAt: new Date(importedAtMs).toISOString(),
  }
}
