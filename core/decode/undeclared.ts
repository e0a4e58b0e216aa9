import type { Shape } from '../define/shape.js'
import { compileShapeCheck, isObject } from './check-shape.js'
import { discriminator } from './generate-decode.js'

/** The fields of a record that its stream does not declare, nested as they were; undefined where there are none. */
export type UndeclaredFields = (value: unknown) => Record<string, unknown> | undefined

/** Compiles the walk that finds undeclared fields in a record that decoded. */
export function compileUndeclared(shape: Shape): UndeclaredFields {
  switch (shape.kind) {
    case 'optional':
    case 'nullable':
    case 'null-when':
      return compileUndeclared(shape.of)
    case 'object': {
      const declared = new Map(shape.fields.map(({ key, shape: of }) => [key, compileUndeclared(of)]))
      return (value) => {
        if (!isObject(value)) return undefined
        let found: Record<string, unknown> | undefined
        for (const key in value) {
          const inside = declared.get(key)
          const item = inside === undefined ? value[key] : inside(value[key])
          if (item === undefined) continue
          // a null prototype, so that a field named __proto__ is a field
          found ??= Object.create(null) as Record<string, unknown>
          found[key] = item
        }
        return found
      }
    }
    case 'union': {
      const members = shape.of.map((member) => ({ fits: compileShapeCheck(member), inside: compileUndeclared(member) }))
      const key = discriminator(shape.of)
      const byValue = new Map<unknown, UndeclaredFields>()
      if (key !== null) {
        for (const [i, member] of shape.of.entries()) {
          const field = member.kind === 'object' ? member.fields.find((f) => f.key === key)?.shape : undefined
          for (const v of field?.kind === 'literal' ? field.values : [])
            byValue.set(v, (members[i] as { inside: UndeclaredFields }).inside)
        }
      }
      return (value) => {
        if (key !== null && isObject(value)) return byValue.get(value[key])?.(value)
        return members.find(({ fits }) => fits(value) === null)?.inside(value)
      }
    }
    default:
      return () => undefined
  }
}
