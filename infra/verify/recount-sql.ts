import type { ViewDefinition, ViewPart } from '../../core/define/view-definition.js'
import { duckdb } from '../../core/expression/duckdb-dialect.js'
import type { ExprNode } from '../../core/expression/expr-node.js'
import { selectSql } from '../../core/expression/select-sql.js'
import type { MeasureSpec } from '../../core/measure/measure-spec.js'
import { type ColdPart, windowSql } from './windows.js'

/** A part of the view and the relation that holds its records, with the start of each one's epoch (`EPOCH_START`). */
export interface PartRelation {
  readonly part: ViewPart
  readonly from: string
}

const TIME = '_verified_time'
/** Column of the start of a record's epoch, UTC ms. */
export const EPOCH_START = '_epoch_start'

/**
 * The view counted by the database's own aggregates, from its records: no registers, no fold, no sketch. Columns: `w`
 * (window start, UTC ms), `d0`…, `m0`… aligned with dimensions and measures.
 */
export function recountSql(
  view: ViewDefinition,
  parts: readonly PartRelation[],
  cold: readonly ColdPart[] = [],
): string {
  const dims = view.dimensions.map((_, i) => `d${i}`)
  const inputs = view.measures.flatMap((_, i) => [`v${i}`, `c${i}`])
  const rows = parts.map(
    ({ part, from }) =>
      `SELECT ${[TIME, EPOCH_START, ...dims, ...inputs].join(', ')} FROM (${partSql(view, part, from)})`,
  )
  const measures = view.measures.map(({ spec }, i) => `${aggregate(spec, i)} AS m${i}`)
  const since = view.sinceMs === undefined ? '' : ` WHERE ${EPOCH_START} >= ${view.sinceMs}`
  return `SELECT ${windowSql(view, cold, TIME, EPOCH_START)} AS w, ${[...dims, ...measures].join(', ')}
    FROM (${rows.join(' UNION ALL ')})${since} GROUP BY ${['w', ...dims].join(', ')}`
}

/** Per record `d<i>`, and per measure `v<i>` (its value) and `c<i>` (whether the record counts for it). */
function partSql(view: ViewDefinition, part: ViewPart, from: string): string {
  const expressions: Record<string, ExprNode> = { [TIME]: { kind: 'column', name: part.stream.eventTime } }
  for (const [i, node] of part.by.entries()) expressions[`d${i}`] = node
  const fixed: string[] = []
  for (const i of view.measures.keys()) {
    const input = part.inputs[i]
    if (input?.value) expressions[`v${i}`] = input.value
    else fixed.push(`NULL AS v${i}`)
    if (input?.where) expressions[`c${i}`] = input.where
    else fixed.push(`${input ? 'true' : 'false'} AS c${i}`)
  }
  const sql = selectSql({
    from,
    columns: part.stream.columns,
    dialect: duckdb,
    expressions,
    where: part.where,
    keep: [EPOCH_START],
  })
  return `SELECT ${['*', ...fixed].join(', ')} FROM (${sql})`
}

function aggregate(spec: MeasureSpec, i: number): string {
  const filter = `FILTER (WHERE c${i})`
  switch (spec.kind) {
    case 'count':
      return `count(*) ${filter}`
    case 'sum':
      return `coalesce(sum(v${i}) ${filter}, 0)`
    case 'min':
    case 'max':
      return `${spec.kind}(v${i}) ${filter}`
    case 'mean':
      return `avg(v${i}) ${filter}`
    case 'variance':
      return `var_pop(v${i}) ${filter}`
    case 'distinct':
      return `count(DISTINCT v${i}) ${filter}`
    case 'quantile':
      return `quantile_disc(v${i}, [${spec.probabilities.join(', ')}]) ${filter}`
  }
}
