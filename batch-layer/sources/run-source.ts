import type { SourceDefinition } from '../../core/define/source-definition.js'
import { crawlSource } from './crawl-source.js'
import { loadSource } from './load-source.js'
import { oneAtATime } from './one-at-a-time.js'
import type { SourceDeps, SourceRunOptions } from './source-deps.js'
import type { SourceReport } from './source-report.js'

/**
 * One run of a source: crawl and land, then read, clean and load. Never throws for what a source or its provider does
 * wrong: that is in the report, and the last good data stay. Repeating a run fetches nothing again and changes nothing. Of
 * two runs at once the second waits for the first.
 *
 * @throws where the run is stopped, or one of our own engines is away: repeat it
 */
export async function runSource(
  deps: SourceDeps,
  source: SourceDefinition,
  run: SourceRunOptions,
): Promise<SourceReport> {
  return oneAtATime(deps, source.name, run, async (alone) => {
    const crawl = await crawlSource(deps, source, alone)
    return loadSource(deps, source, alone, crawl)
  })
}
