import { type Catalog, compileCatalog } from '../../core/define/compile-catalog.js'
import { definePipeline } from '../../core/index.js'
import { pipeline, searchesView } from './pipeline/index.js'

export const BENCH_STREAM = 'bench-search'
export const BENCH_TOPIC = 'bench-search'
export const BENCH_PARTITIONS = 2

/** The bench's stream with one view named after the run. */
export function benchCatalog(run: string): Catalog {
  return compileCatalog([definePipeline({ name: 'bench', streams: pipeline.streams, views: [searchesView(`bench-searches-${run}`)] })])
}
