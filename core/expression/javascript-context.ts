import type { Column } from '../define/column.js'

/**
 * Where generated JavaScript is written: statements in order, the columns read, and the values (functions, sets) that the
 * code refers to by name. One context serves one generated function; `row` is the record's name in it.
 */
export interface JavascriptContext {
  readonly columns: readonly Column[]
  /** Name of a variable declared with `let` around the code, set to 1 where a whole result leaves ±(2^53 − 1). */
  readonly overflow: string
  /** Appends a statement. */
  emit(statement: string): void
  /** A name not used before. */
  fresh(): string
  /** The name under which a column's value stands, read once. */
  column(name: string): string
  /** The name of a value from outside the code. */
  constant(value: unknown): string
  /** Statements so far, columns first. */
  body(): string
  /** Values of `constant` by name. */
  readonly constants: ReadonlyMap<string, unknown>
}

export function createJavascriptContext(columns: readonly Column[], overflow = 'overflow'): JavascriptContext {
  const statements: string[] = []
  const reads = new Map<string, string>()
  const constants = new Map<string, unknown>()
  const names = new Map<unknown, string>()
  let count = 0
  return {
    columns,
    overflow,
    constants,
    emit: (statement) => void statements.push(statement),
    fresh: () => `v${count++}`,
    column(name) {
      let held = reads.get(name)
      if (held === undefined) {
        held = `c${reads.size}`
        reads.set(name, held)
      }
      return held
    },
    constant(value) {
      let name = names.get(value)
      if (name === undefined) {
        name = `k${constants.size}`
        names.set(value, name)
        constants.set(name, value)
      }
      return name
    },
    body: () =>
      [...[...reads].map(([column, name]) => `const ${name} = row[${JSON.stringify(column)}]`), ...statements].join(
        '\n',
      ),
  }
}
