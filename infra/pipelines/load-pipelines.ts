import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'
import { type Catalog, compileCatalog } from '../../core/define/compile-catalog.js'
import type { Pipeline } from '../../core/define/pipeline.js'
import { UserError } from '../instance/user-error.js'

const SHIPPED = fileURLToPath(new URL('../../pipelines/', import.meta.url))
const PUBLIC_INDEX = fileURLToPath(new URL('../../core/index.js', import.meta.url))

/**
 * The pipelines that run: those shipped with Tandem (`TANDEM_SHIPPED` picks some by name, or `none`) and those in the
 * folders of `TANDEM_PIPELINES` (separated as in PATH). A folder is a pipeline if it has an `index.ts` or `index.js`
 * that exports `pipeline`, else each of its sub-folders is one. Wherever the folder lies, `import … from 'tandem'`
 * means the one copy of core in use.
 */
export async function loadCatalog(env: NodeJS.ProcessEnv, cwd: string): Promise<Catalog> {
  const wanted = env.TANDEM_SHIPPED?.split(',').map((name) => name.trim())
  const shipped = await pipelineFolders(SHIPPED)
  const unknown = wanted?.find((name) => name !== 'none' && !shipped.some((folder) => folder.endsWith(`/${name}`)))
  if (unknown) throw new UserError(`TANDEM_SHIPPED names "${unknown}", which is not a shipped pipeline.`)
  const folders = shipped.filter((folder) => !wanted || wanted.some((name) => folder.endsWith(`/${name}`)))
  for (const given of (env.TANDEM_PIPELINES ?? '').split(delimiter).filter(Boolean)) {
    const found = await pipelineFolders(resolve(cwd, given))
    if (found.length === 0)
      throw new UserError(
        `TANDEM_PIPELINES names ${given}, which holds no pipeline: expected an index.ts in it or in its sub-folders.`,
      )
    folders.push(...found)
  }
  const pipelines: Pipeline[] = []
  for (const folder of folders) pipelines.push(await loadPipeline(folder))
  return compileCatalog(pipelines)
}

/** Loads any module that a user wrote against `tandem` (a pipeline, a mapping), TypeScript or JavaScript. */
export async function loadModule(path: string): Promise<Record<string, unknown>> {
  const shipped = path.startsWith(SHIPPED) && path.endsWith('.js')
  const loaded: unknown = shipped
    ? await import(path)
    : await createJiti(import.meta.url, { alias: { tandem: PUBLIC_INDEX }, interopDefault: false }).import(path)
  return loaded as Record<string, unknown>
}

async function loadPipeline(folder: string): Promise<Pipeline> {
  const { pipeline } = await loadModule(indexOf(folder) as string)
  if (!isPipeline(pipeline))
    throw new UserError(
      `${folder} exports no pipeline: its index must have \`export const pipeline = definePipeline({ … })\`.`,
    )
  return pipeline
}

/** Whatever a user's module exports; definePipeline marks what it made. */
function isPipeline(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && (value as Partial<Pipeline>).kind === 'pipeline'
}

async function pipelineFolders(folder: string): Promise<string[]> {
  if (indexOf(folder)) return [folder]
  if (!existsSync(folder)) return []
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .filter((sub) => indexOf(sub))
    .sort()
}

function indexOf(folder: string): string | undefined {
  return ['index.ts', 'index.js', 'index.mjs'].map((name) => join(folder, name)).find((path) => existsSync(path))
}
