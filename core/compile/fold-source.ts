import { addWhole, squareOf } from '../cell/add-whole.js'
import { coldResolution } from '../define/cold-resolution.js'
import type { StreamDefinition } from '../define/stream-definition.js'
import type { ViewDefinition, ViewPart } from '../define/view-definition.js'
import { MAX_WHOLE } from '../expression/expr-node.js'
import { createJavascriptContext, type JavascriptContext } from '../expression/javascript-context.js'
import { toJavascript, toJavascriptCondition } from '../expression/to-javascript.js'
import { bucketScheme, createBucketReader } from '../measure/histogram.js'
import { addHllCode, createHllReader } from '../measure/hll.js'
import type { MeasureSpec } from '../measure/measure-spec.js'
import { registersOf } from '../measure/registers-of.js'
import type { OpenCells } from './open-cells.js'

/** Largest magnitude that `variance` squares, inclusive; 2^40, so that sums of squares stay within 128 bits. */
export const VARIANCE_LIMIT = 2 ** 40

/** A generated function and the values it refers to. */
export interface FoldSource {
  /** Body of a function of the names in `constants` and `dirty`; it returns `{ add(row, epoch), reset() }`. */
  readonly code: string
  readonly constants: ReadonlyMap<string, unknown>
}

/**
 * Writes the JavaScript that adds one row to every view of a stream: columns read once, dimensions looked up in nested maps,
 * no key text and no object per record unless a cell is new. The window used last is remembered per view.
 */
export function foldSource(
  stream: StreamDefinition,
  views: readonly { view: ViewDefinition; cells: OpenCells }[],
  epochMs: number,
): FoldSource {
  const context = createJavascriptContext(stream.columns)
  const remembered: string[] = []
  const time = context.column(stream.eventTime)
  const sizes = new Set(views.map(({ view }) => view.windows[0] as number))
  for (const size of sizes) context.emit(`const w${size} = ${startOf(time, size)}`)
  for (const [at, { view, cells }] of views.entries()) {
    remembered.push(`let epoch${at} = -1, window${at} = 0, tree${at} = null`)
    const store = context.constant(cells)
    for (const part of view.parts) {
      if (part.stream.name !== stream.name) continue
      const since = view.sinceMs === undefined ? '' : `if (epoch * ${epochMs} >= ${view.sinceMs}) `
      context.emit(`${since}{ // ${view.name.replace(/[^\w.-]/g, '?')}`)
      context.emit('let overflow = 0')
      context.emit(`const w = ${windowOf(view, time, epochMs)}`)
      if (part.where !== null) context.emit(`if (${toJavascriptCondition(part.where, context)}) {`)
      addPart(context, view, part, at, store)
      if (part.where !== null) context.emit('}')
      context.emit('}')
    }
  }
  const code = [
    ...remembered,
    'const add = (row, epoch) => {',
    context.body(),
    '}',
    `const reset = () => { ${views.map((_, at) => `tree${at} = null`).join('; ')} }`,
    'return { add, reset }',
  ].join('\n')
  return { code, constants: context.constants }
}

function startOf(time: string, size: number): string {
  return `Math.floor(${time} / ${size}) * ${size} + 0`
}

/** Start of the window that the row is folded into; see `foldResolution`. */
function windowOf(view: ViewDefinition, time: string, epochMs: number): string {
  if (view.retention === undefined) return `w${view.windows[0]}`
  const choices = view.retention.map(
    ({ sizeMs, keepMs }) =>
      `Math.floor(${time} / ${sizeMs}) * ${sizeMs} + ${sizeMs + keepMs} > epoch * ${epochMs} ? ${startOf(time, sizeMs)} : `,
  )
  return `${choices.join('')}${startOf(time, coldResolution(view))}`
}

function addPart(context: JavascriptContext, view: ViewDefinition, part: ViewPart, at: number, store: string): void {
  const dims = part.by.map((node) => toJavascript(node, context))
  const updates: string[] = []
  let register = 0
  for (const [i, { name, spec }] of view.measures.entries()) {
    const input = part.inputs[i]
    if (input !== undefined) updates.push(...measureUpdates(context, spec, input.value, input.where, register))
    register += registersOf(name, spec).length
  }
  const window = 'w'
  context.emit(`if (tree${at} === null || ${window} !== window${at} || epoch !== epoch${at}) {`)
  context.emit(`tree${at} = ${store}.tree(epoch, ${window}); window${at} = ${window}; epoch${at} = epoch`)
  context.emit('}')
  const path = dims.length === 0 ? ['null'] : dims
  const cell = context.fresh()
  context.emit(`let ${cell} = tree${at}`)
  for (const [i, dim] of path.entries())
    context.emit(`${i > 0 ? `if (${cell} !== undefined) ` : ''}${cell} = ${cell}.get(${dim})`)
  context.emit(`if (${cell} === undefined) ${cell} = ${store}.open(epoch, ${window}, [${dims.join(', ')}])`)
  context.emit(`const chain = ${cell}.chain`)
  // takeDirty cleans all at once, so a dirty cell has a dirty chain
  context.emit(
    `if (!${cell}.dirty) for (let i = 0; i < chain.length; i++) if (!chain[i].dirty) { chain[i].dirty = true; dirty.push(chain[i]) }`,
  )
  context.emit('for (let i = 0; i < chain.length; i++) {')
  context.emit('const r = chain[i].registers')
  for (const update of updates) context.emit(update)
  context.emit(`if (overflow === 1) r[${view.registers.length - 1}]++`)
  context.emit('}')
}

/** Evaluates a measure's input before the loop over cells, and returns the statements that add it to the registers `r`. */
function measureUpdates(
  context: JavascriptContext,
  spec: MeasureSpec,
  value: ViewPart['where'],
  where: ViewPart['where'],
  at: number,
): string[] {
  if (spec.kind === 'count') {
    if (where === null) return [`r[${at}]++`]
    const counted = context.fresh()
    context.emit(`const ${counted} = ${toJavascriptCondition(where, context)} ? 1 : 0`)
    return [`r[${at}] += ${counted}`]
  }
  if (value === null) throw new Error(`${spec.kind} needs a value`)
  const x = context.fresh()
  context.emit(`let ${x} = null`)
  // the value is evaluated only where the condition holds, so that it can guard an overflow
  if (where !== null) context.emit(`if (${toJavascriptCondition(where, context)}) {`)
  context.emit(where === null ? '{' : '')
  context.emit(`${x} = ${toJavascript(value, context)}`)
  context.emit('}')
  const real = spec.input.kind === 'real'
  const add = (register: number, term: string) =>
    real
      ? `r[${register}] += ${term}`
      : `{ const s = r[${register}] ; const t = typeof s === 'number' ? s + ${term} : Infinity; ` +
        `r[${register}] = t <= ${MAX_WHOLE} && t >= -${MAX_WHOLE} ? t : ${context.constant(addWhole)}(s, ${term}) }`
  switch (spec.kind) {
    case 'sum':
      return [`if (${x} !== null) ${add(at, x)}`]
    case 'mean':
      return [`if (${x} !== null) { ${add(at, x)}; r[${at + 1}]++ }`]
    case 'variance': {
      if (real) return [`if (${x} !== null) { r[${at}]++; ${add(at + 1, x)}; ${add(at + 2, `${x} * ${x}`)} }`]
      context.emit(`if (${x} > ${VARIANCE_LIMIT} || ${x} < -${VARIANCE_LIMIT}) { ${x} = null; overflow = 1 }`)
      const square = context.fresh()
      context.emit(`const ${square} = ${x} === null ? 0 : ${context.constant(squareOf)}(${x})`)
      return [
        `if (${x} !== null) { r[${at}]++; ${add(at + 1, x)}; r[${at + 2}] = ${context.constant(addWhole)}(r[${at + 2}], ${square}) }`,
      ]
    }
    case 'min':
      return [`if (${x} !== null && (r[${at}] === null || ${x} < r[${at}])) r[${at}] = ${x}`]
    case 'max':
      return [`if (${x} !== null && (r[${at}] === null || ${x} > r[${at}])) r[${at}] = ${x}`]
    case 'distinct': {
      const code = context.fresh()
      context.emit(`const ${code} = ${x} === null ? -1 : ${context.constant(createHllReader(spec.precision))}(${x})`)
      return [`if (${code} >= 0) ${context.constant(addHllCode)}(r[${at}], ${code})`]
    }
    case 'quantile': {
      const bucket = context.fresh()
      const read = context.constant(createBucketReader(bucketScheme(real ? 'real' : 'whole', spec.steps)))
      context.emit(`const ${bucket} = ${x} === null ? null : ${read}(${x})`)
      return [`if (${bucket} !== null) { const m = r[${at}]; m.set(${bucket}, (m.get(${bucket}) ?? 0) + 1) }`]
    }
  }
}
