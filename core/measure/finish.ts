import type { Registers } from '../cell/cell.js'
import type { ViewDefinition } from '../define/view-definition.js'
import { mayOverflow } from '../expression/may-overflow.js'
import { bucketScheme, quantileOf } from './histogram.js'
import { estimateHll } from './hll.js'
import type { MeasureSpec } from './measure-spec.js'
import { registersOf } from './registers-of.js'

/**
 * The value of a measure: a number (a decimal with its scale applied), null where no value was seen, one number per
 * probability where a quantile has several (`p50`, `p99_9`), or `overflow` where the cell cannot say it exactly.
 */
export type MeasureValue = number | null | 'overflow' | Readonly<Record<string, number | null>>

/** Finishes one cell after another of a view. */
export type Finish = (registers: Readonly<Registers>) => Record<string, MeasureValue>

const compiled = new WeakMap<object, Finish>()

/**
 * Turns a cell's merged registers into answers, by the measures' names. `overflow`: a sum beyond ±(2^53 − 1), or a measure
 * whose input can leave that range in a cell that counted a record for which an expression did.
 */
export function finish(view: ViewDefinition, registers: Readonly<Registers>): Record<string, MeasureValue> {
  let finishView = compiled.get(view)
  if (finishView === undefined) {
    finishView = compileFinish(view)
    compiled.set(view, finishView)
  }
  return finishView(registers)
}

export function compileFinish(view: ViewDefinition): Finish {
  let at = 0
  const measures = view.measures.map(({ name, spec }, i) => {
    const from = at
    at += registersOf(name, spec).length
    const fallible =
      spec.kind === 'variance' ||
      view.parts.some(({ inputs }) => {
        const input = inputs[i]
        return input !== undefined && [input.value, input.where].some((node) => node !== null && mayOverflow(node))
      })
    return { name, spec, from, fallible }
  })
  const overflowAt = view.registers.length - 1
  return (registers) => {
    const overflowed = registers[overflowAt] !== 0
    const values: Record<string, MeasureValue> = {}
    for (const { name, spec, from, fallible } of measures) {
      values[name] = overflowed && fallible ? 'overflow' : finishMeasure(spec, registers, from)
    }
    return values
  }
}

function finishMeasure(spec: MeasureSpec, registers: Readonly<Registers>, from: number): MeasureValue {
  const whole = (i: number) => registers[from + i] as number | bigint
  switch (spec.kind) {
    case 'count':
      return sumOf(whole(0), 0)
    case 'sum':
      return sumOf(whole(0), decimals(spec.input))
    case 'mean':
      return whole(1) === 0 ? null : finite(Number(whole(0)) / Number(whole(1)) / 10 ** decimals(spec.input))
    case 'variance':
      return varianceOf(whole(0), whole(1), whole(2), spec.input.kind === 'real', decimals(spec.input))
    case 'min':
    case 'max': {
      const value = registers[from] as number | null
      return value === null ? null : value / 10 ** decimals(spec.input)
    }
    case 'distinct':
      return estimateHll(registers[from] as Map<number, number>, spec.precision)
    case 'quantile': {
      const buckets = registers[from] as Map<number, number>
      const number = spec.input.kind === 'real' ? 'real' : 'whole'
      const scheme = bucketScheme(number, spec.steps)
      const at = (p: number) => {
        const value = quantileOf(buckets, p, scheme, number)
        return value === null ? null : value / 10 ** decimals(spec.input)
      }
      if (spec.probabilities.length === 1) return at(spec.probabilities[0] as number)
      return Object.fromEntries(spec.probabilities.map((p) => [quantileName(p), at(p)]))
    }
  }
}

/** How a quantile is named in an answer: 0.5 → `p50`, 0.999 → `p99_9`. */
export function quantileName(probability: number): string {
  return `p${String(Number((probability * 100).toPrecision(12))).replace('.', '_')}`
}

function decimals(input: { readonly kind: string; readonly scale?: number }): number {
  return input.scale ?? 0
}

function sumOf(value: number | bigint, scale: number): number | 'overflow' {
  return typeof value === 'bigint' ? 'overflow' : finite(value / 10 ** scale)
}

function finite(value: number): number | 'overflow' {
  return Number.isFinite(value) ? value : 'overflow'
}

/** (n·s2 − s²) / n², exact for whole numbers up to the last division. */
function varianceOf(
  n: number | bigint,
  s: number | bigint,
  s2: number | bigint,
  real: boolean,
  scale: number,
): MeasureValue {
  if (n === 0) return null
  if (real) {
    const mean = Number(s) / Number(n)
    return finite(Math.max(0, Number(s2) / Number(n) - mean * mean))
  }
  const count = BigInt(n)
  const numerator = count * BigInt(s2) - BigInt(s) * BigInt(s)
  return Number(numerator) / Number(count * count) / 10 ** (2 * scale)
}
