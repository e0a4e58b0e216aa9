import type { Bounds, Shape } from '../define/shape.js'

/** What a value is expected to be, in words, for a rejection. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'text': {
      const { minLength, maxLength, patterns } = shape
      const length =
        minLength === undefined && maxLength === undefined
          ? ''
          : minLength === maxLength
            ? ` of ${minLength} characters`
            : ` of ${[minLength === undefined ? '' : `at least ${minLength}`, maxLength === undefined ? '' : `at most ${maxLength}`].filter(Boolean).join(' and ')} characters`
      return `text${length}${(patterns ?? []).map((p) => ` matching /${p.source}/${p.flags}`).join('')}`
    }
    case 'number': {
      const multiple = shape.multipleOf === undefined ? '' : `, a multiple of ${shape.multipleOf}`
      return `${shape.whole ? 'a whole number' : 'a number'}${bounds(shape)}${multiple}${shape.fromText ? ' (or its text)' : ''}`
    }
    case 'decimal':
      return `a number with at most ${shape.scale} decimals${bounds(shape)}${shape.fromText ? ' (or its text)' : ''}`
    case 'time':
      return `a time as ${shape.format.format}${shape.format.zone === undefined ? '' : ` in ${shape.format.zone}`}`
    case 'boolean':
      return 'true or false'
    case 'null':
      return 'null'
    case 'any':
      return 'any JSON'
    case 'literal':
      return shape.values.length === 1
        ? JSON.stringify(shape.values[0])
        : `one of ${shape.values.map((v) => JSON.stringify(v)).join(', ')}`
    case 'object':
      return 'an object'
    case 'array':
    case 'tuple':
      return 'a list'
    case 'record':
      return 'an object of named values'
    case 'optional':
    case 'null-when':
      return describeShape(shape.of)
    case 'nullable':
      return `${describeShape(shape.of)} or null`
    case 'union':
      return [...new Set(shape.of.map(describeShape))].join(', or ')
  }
}

function bounds({ min, max, above, below }: Bounds): string {
  const said = [
    min === undefined ? '' : `≥ ${min}`,
    above === undefined ? '' : `> ${above}`,
    max === undefined ? '' : `≤ ${max}`,
    below === undefined ? '' : `< ${below}`,
  ].filter(Boolean)
  return said.length === 0 ? '' : ` ${said.join(' and ')}`
}
