import type { ViewDefinition } from '../../core/define/view-definition.js'
import { ParameterError } from './parameter-error.js'

/** What rows are ordered by, most significant first. */
export interface OrderField {
  readonly by:
    | { readonly kind: 'window' }
    /** Position in the view's dimensions. */
    | { readonly kind: 'dimension'; readonly position: number }
    /** `part` names one of a quantile measure's probabilities, such as p95. */
    | { readonly kind: 'measure'; readonly name: string; readonly part: string | null }
  readonly descending: boolean
  /** Position of the register that is the measure's order by itself (counts, sums, extremes); null where it must be finished. */
  readonly register: number | null
}

/** `order=-searches,word`: a minus for descending. What is not named follows ascending, window first, so that order is total. */
export function parseOrder(
  view: ViewDefinition,
  groupBy: readonly number[],
  values: readonly string[] | undefined,
): readonly OrderField[] {
  const names = (values ?? []).flatMap((value) => value.split(',')).filter((name) => name !== '')
  const asked = names.map((text) => parseField(view, groupBy, text))
  const rest: OrderField[] = [
    { by: { kind: 'window' }, descending: false, register: null },
    ...groupBy.map(
      (position): OrderField => ({ by: { kind: 'dimension', position }, descending: false, register: null }),
    ),
  ]
  return [...asked, ...rest.filter((field) => !asked.some((other) => sameField(field, other)))]
}

function parseField(view: ViewDefinition, groupBy: readonly number[], text: string): OrderField {
  const descending = text.startsWith('-')
  const name = descending ? text.slice(1) : text
  if (name === 'window') return { by: { kind: 'window' }, descending, register: null }
  const position = groupBy.find((at) => view.dimensions[at]?.name === name)
  if (position !== undefined) return { by: { kind: 'dimension', position }, descending, register: null }
  const [measure = '', part = null] = name.split('.')
  if (view.measures.some((one) => one.name === measure)) {
    return { by: { kind: 'measure', name: measure, part }, descending, register: registerOf(view, measure) }
  }
  const known = ['window', ...groupBy.map((at) => view.dimensions[at]?.name), ...view.measures.map((one) => one.name)]
  throw new ParameterError(
    'order',
    text,
    `fields of the answer (${known.join(', ')}), each with "-" before it for descending`,
  )
}

const OWN_REGISTER = new Set(['count', 'sum', 'min', 'max'])

function registerOf(view: ViewDefinition, measure: string): number | null {
  const spec = view.measures.find((one) => one.name === measure)?.spec
  if (!spec || !OWN_REGISTER.has(spec.kind)) return null
  const position = view.registers.findIndex((register) => register.name.startsWith(`${measure}.`))
  return position < 0 ? null : position
}

function sameField(a: OrderField, b: OrderField): boolean {
  if (a.by.kind === 'dimension' && b.by.kind === 'dimension') return a.by.position === b.by.position
  return a.by.kind === 'window' && b.by.kind === 'window'
}
