import fc from 'fast-check'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import type { ExprNode } from '../../core/expression/expr-node.js'
import { typeOf } from '../../core/expression/type-of.js'
import type { MeasureSpec, NumberType } from '../../core/measure/measure-spec.js'
import { registersOfView } from '../../core/measure/registers-of.js'
import { expression } from './arbitrary-expressions.js'
import { COLUMNS } from './arbitrary-rows.js'

/** A stream of `COLUMNS` with event time `at`. */
export const STREAM = {
  kind: 'stream',
  name: 'drawn',
  topic: 'drawn',
  dlqTopic: 'drawn.dlq',
  columns: COLUMNS,
  eventTime: 'at',
  key: null,
  rejects: [],
  maxBytes: 1_000_000,
  allowedLatenessMs: 60_000,
  earliestMs: null,
  partitions: 1,
  hash: 'drawn',
  // what decodes is not part of these laws
} as unknown as StreamDefinition

interface DrawnMeasure {
  readonly spec: MeasureSpec
  readonly value: ExprNode | null
  readonly where: ExprNode | null
}

function numberOf(node: ExprNode): NumberType {
  const type = typeOf(node, COLUMNS)
  return type.kind === 'decimal' ? { kind: 'decimal', scale: type.scale } : { kind: type.kind as 'integer' | 'real' }
}

const where = fc.option(expression('boolean', 2), { nil: null, freq: 2 })
const number = fc
  .constantFrom('integer' as const, 'decimal' as const, 'real' as const)
  .chain((kind) => expression(kind, 1))
const exact = fc.constantFrom('integer' as const, 'decimal' as const).chain((kind) => expression(kind, 1))

const measure: fc.Arbitrary<DrawnMeasure> = fc.oneof(
  where.map((condition) => ({ spec: { kind: 'count' } as const, value: null, where: condition })),
  fc
    .tuple(fc.constantFrom('sum' as const, 'mean' as const), number, where)
    .map(([kind, value, condition]) => ({ spec: { kind, input: numberOf(value) }, value, where: condition })),
  // squares of reals cancel, so their tolerance is not one of this law
  fc.tuple(exact, where).map(([value, condition]) => ({
    spec: { kind: 'variance' as const, input: numberOf(value) },
    value,
    where: condition,
  })),
  fc
    .tuple(fc.constantFrom('min' as const, 'max' as const), number, where)
    .map(([kind, value, condition]) => ({ spec: { kind, input: numberOf(value) }, value, where: condition })),
  fc
    .tuple(
      fc.constantFrom('text' as const, 'integer' as const, 'boolean' as const, 'time' as const),
      fc.constantFrom(4, 12, 14),
    )
    .chain(([kind, precision]) =>
      fc.tuple(expression(kind, 1), where).map(([value, condition]) => ({
        spec: { kind: 'distinct' as const, input: { kind }, precision },
        value,
        where: condition,
      })),
    ),
  fc.tuple(number, fc.constantFrom(2, 64, 512), where).map(([value, steps, condition]) => ({
    spec: { kind: 'quantile' as const, input: numberOf(value), probabilities: [0.5], steps },
    value,
    where: condition,
  })),
)

/** A view over `STREAM` with any dimensions and measures. Real sums are among them. */
export const view: fc.Arbitrary<ViewDefinition> = fc
  .record({
    condition: where,
    by: fc.array(
      fc
        .constantFrom('text' as const, 'integer' as const, 'decimal' as const, 'boolean' as const, 'time' as const)
        .chain((kind) => expression(kind, 1)),
      { maxLength: 3 },
    ),
    drawn: fc.array(measure, { minLength: 1, maxLength: 4 }),
    windows: fc.constantFrom([60_000], [60_000, 300_000], [60_000, 120_000, 180_000], [3_600_000, 86_400_000]),
  })
  .map(({ condition, by, drawn, windows }) => {
    const measures = drawn.map(({ spec }, i) => ({ name: `m${i}`, spec }))
    return {
      kind: 'view',
      name: 'drawn-view',
      parts: [
        {
          stream: STREAM,
          where: condition,
          by,
          inputs: drawn.map(({ value, where: only }) => ({ value, where: only })),
        },
      ],
      dimensions: by.map((node, i) => ({ name: `d${i}`, type: typeOf(node, COLUMNS) })),
      measures,
      registers: registersOfView(measures),
      windows,
      zone: 'UTC',
      ledger: false,
      hash: 'drawn-view',
    }
  })
