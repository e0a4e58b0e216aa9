/**
 * Everything that a pipeline is written with: streams, views, expressions, measures. Pure definitions: no engine, no
 * input or output. A pipeline imports from `tandem` alone.
 *
 * ```ts
 * import { count, definePipeline, defineStream, defineView, instant, z } from 'tandem'
 *
 * const visits = defineStream({
 *   name: 'visits',
 *   schema: z.object({ page: z.string(), at: instant() }),
 *   eventTime: 'at',
 * })
 * const pages = defineView('pages', {
 *   from: visits,
 *   by: (e) => ({ page: e.page }),
 *   measures: () => ({ visits: count() }),
 *   windows: ['1m', '5m'],
 * })
 * export const pipeline = definePipeline({ name: 'site', streams: [visits], views: [pages] })
 * ```
 * @module
 */
export { z } from 'zod'
export type { CollectionDefinition, CollectionSearch } from './define/collection-definition.js'
export type { Column, ColumnType, Row, Scalar } from './define/column.js'
export {
  decimal,
  epochTime,
  fromText,
  instant,
  type LocalTimeOptions,
  localTime,
  nullWhen,
} from './define/column-schemas.js'
export type { ColumnsOf } from './define/column-types.js'
export { defineCollection } from './define/define-collection.js'
export { defineStream, type StreamOptions } from './define/define-stream.js'
export { defineView, type GroupExpr, type ViewPartOptions, type ViewWindows } from './define/define-view.js'
export {
  defineMapping,
  definePipeline,
  defineSimulator,
  type Mapped,
  type Mapping,
  type Pipeline,
  type PipelineOptions,
  type SimulatedRecord,
  type Simulator,
  type SimulatorOptions,
} from './define/pipeline.js'
export {
  defineSource,
  type PageRequest,
  type SourceDefinition,
  SourceError,
  type SourceIo,
  type SourceItem,
  type SourceLimits,
  type SourceOptions,
  type SourcePage,
  type SourceRun,
} from './define/source-definition.js'
export type { ColumnTypes, Stream, StreamDefinition } from './define/stream-definition.js'
export type { ViewDefinition } from './define/view-definition.js'
export { caseWhen } from './expression/case-when.js'
export { coalesce } from './expression/coalesce.js'
export type {
  BooleanExpr,
  Columns,
  DecimalExpr,
  Expr,
  IntegerExpr,
  NumberExpr,
  RealExpr,
  TextExpr,
  TimeExpr,
} from './expression/expr.js'
export { literal } from './expression/literal.js'
export { and, not, or } from './expression/logic.js'
export { count } from './measure/count.js'
export { type DistinctOptions, distinct } from './measure/distinct.js'
export { max } from './measure/max.js'
export { mean } from './measure/mean.js'
export type { Measure } from './measure/measure.js'
export { min } from './measure/min.js'
export { type QuantileOptions, quantile } from './measure/quantile.js'
export { sum } from './measure/sum.js'
export { variance } from './measure/variance.js'
export { localText } from './simulate/local-text.js'
export { type SeededRandom, seededRandom } from './simulate/seeded-random.js'
export { type TimeQueue, timeQueue } from './simulate/time-queue.js'
export { zipf } from './simulate/zipf.js'
