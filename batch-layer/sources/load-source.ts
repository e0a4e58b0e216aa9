import { type SourceDefinition, SourceError, type SourceItem } from '../../core/define/source-definition.js'
import { checksumOf } from '../collections/generation-checksum.js'
import { type CrawlResult, problemOf } from './crawl-source.js'
import { sendItems } from './send-items.js'
import { shapeError } from './shape-error.js'
import type { SourceDeps, SourceRunOptions } from './source-deps.js'
import type { SourceReport } from './source-report.js'

/** Runs whose landings stay: the last one for pages that have not changed since, the others to be looked at. */
const LANDINGS_KEPT = 4

/**
 * Reads, cleans and loads what a crawl landed. Where a page has changed its shape nothing is loaded.
 *
 * @throws where the run is stopped or one of our own engines is away
 */
export async function loadSource(
  deps: SourceDeps,
  source: SourceDefinition,
  run: SourceRunOptions,
  crawl: CrawlResult,
): Promise<SourceReport> {
  const report: SourceReport = {
    name: source.name,
    landed: crawl.landed,
    read: 0,
    loaded: 0,
    unchanged: 0,
    rejected: 0,
    checksum: '',
    errors: crawl.errors,
    status: crawl.pages === 'whole' && crawl.skipped === 0 ? 'ok' : 'partial',
    ...(crawl.resumesAt === undefined ? {} : { resumesAt: crawl.resumesAt }),
  }
  if (crawl.pages === 'none') return { ...report, status: 'failed' }
  const failed = (error: unknown): SourceReport => {
    run.signal?.throwIfAborted()
    deps.logger.warn({ source: source.name, run: crawl.landing, error }, 'a source was not loaded')
    return { ...report, status: 'failed', errors: [...crawl.errors, problemOf(error)] }
  }
  let items: readonly SourceItem[]
  try {
    items = await readItems(deps, source, run, crawl)
  } catch (error) {
    if (!(error instanceof SourceError)) throw error
    await forgetCrawl(deps, source)
    return failed(error)
  }
  const { checksum, count: read } = await checksumOf(inOrder(items))
  if (source.into.kind === 'stream') {
    const { sent, unchanged } = await sendItems(deps, source, source.into, items, run)
    if (crawl.pages === 'whole') await finishRun(deps, source, run, crawl)
    return { ...report, read, checksum, loaded: sent, unchanged }
  }
  // A generation replaces all documents, so a part of them would delete the others.
  if (report.status === 'partial') {
    if (crawl.pages === 'whole') await forgetCrawl(deps, source)
    return { ...report, read, checksum }
  }
  try {
    const id = `${source.name}:${crawl.landing}`
    const loaded = await deps.loadCollection(source.into, inOrder(items), { ...run, id })
    await finishRun(deps, source, run, crawl)
    return { ...report, read, checksum, loaded: loaded.loaded, rejected: loaded.rejected }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'EmptyLoadError')) throw error
    await forgetCrawl(deps, source)
    return failed(new SourceError('shape', error.message, null, { cause: error }))
  }
}

/** @throws SourceError of kind `shape` */
async function readItems(
  deps: SourceDeps,
  source: SourceDefinition,
  { signal, progress }: SourceRunOptions,
  { landing: run }: CrawlResult,
): Promise<readonly SourceItem[]> {
  const whole = await deps.landing.open(source.name, run)
  const writer = whole === null ? await deps.landing.openWriter(source.name, run) : null
  const pages: { readonly name: string; readonly items: readonly SourceItem[] }[] = []
  try {
    for await (const page of (whole ?? writer)?.pages() ?? []) {
      signal?.throwIfAborted()
      try {
        pages.push({ name: page.url, items: source.read(page) })
      } catch (error) {
        throw shapeError(page, error)
      }
      progress?.({ source: source.name, readPages: pages.length })
    }
  } finally {
    await writer?.close()
  }
  // Answers come in any order; what is made of them must not depend on it.
  pages.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  try {
    return source.clean(pages.flatMap(({ items }) => items))
  } catch (error) {
    const message = `its items cannot be cleaned: ${error instanceof Error ? error.message : String(error)}`
    throw new SourceError('shape', message, error instanceof SourceError ? error.example : null, { cause: error })
  }
}

async function* inOrder(items: readonly SourceItem[]): AsyncGenerator<SourceItem> {
  yield* items
}

/** From now on the run is the last good one. */
async function finishRun(
  { states, landing }: SourceDeps,
  { name }: SourceDefinition,
  run: SourceRunOptions,
  crawl: CrawlResult,
): Promise<void> {
  const state = await states.state(name)
  if (state.good.some((good) => good.run === run.id)) return
  const good = [{ run: run.id, landing: crawl.landing, scheduledMs: crawl.scheduledMs }, ...state.good].slice(
    0,
    LANDINGS_KEPT,
  )
  await states.putState({
    source: name,
    cursor: state.open === null ? state.cursor : state.open.cursor,
    good,
    open: null,
  })
  await landing.sweep(name, new Set(good.map((kept) => kept.landing)))
}

/** The next run fetches everything anew. */
async function forgetCrawl({ states }: SourceDeps, { name }: SourceDefinition): Promise<void> {
  await states.putState({ ...(await states.state(name)), open: null })
}
