import { planStream, type StreamPlan } from '../../batch-layer/stream-plan.js'
import { type Catalog, compileCatalog } from '../../core/define/compile-catalog.js'
import { benchHistoryPipeline, benchPipeline } from './pipeline/index.js'

export const BENCH_STREAM = 'bench-search'
/** The preloaded topic; what runs live has one of its own. */
export const BENCH_TOPIC = 'bench-search'
export const BENCH_PARTITIONS = 2

/** The bench's stream over the preloaded topic, with one view named after the run. */
export function benchCatalog(run: string): Catalog {
  return compileCatalog([benchPipeline({ topic: BENCH_TOPIC, view: `bench-searches-${run}` })])
}

/** The bench's stream with the view that a refresh recomputes. */
export function refreshPlan(epochMs: number): StreamPlan {
  return planStream(compileCatalog([benchHistoryPipeline({ topic: BENCH_TOPIC })]), BENCH_STREAM, epochMs)
}
