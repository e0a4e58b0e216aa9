import { type Measure, measureOf } from './measure.js'

/** Number of records. With `.where(condition)`: of those for which it is true. */
export function count(): Measure {
  return measureOf({ kind: 'count' }, null)
}
