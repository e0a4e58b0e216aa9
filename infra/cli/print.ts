/** One line of JSON on standard output, bigint as text. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}` : v))}\n`)
}

/** Columns as wide as their widest cell; numbers to the right. */
export function printTable(
  rows: readonly Readonly<Record<string, unknown>>[],
  columns = Object.keys(rows[0] ?? {}),
): void {
  const cells = rows.map((row) => columns.map((column) => cellText(row[column])))
  const widths = columns.map((column, i) => Math.max(width(column), ...cells.map((cell) => width(cell[i] ?? ''))))
  const right = columns.map((column) => rows.every((row) => row[column] === null || typeof row[column] === 'number'))
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => (right[i] ? pad(text, widths[i] ?? 0) + text : text + pad(text, widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  console.log(line(columns))
  for (const cell of cells) console.log(line(cell))
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number')
    return Number.isInteger(value)
      ? value.toLocaleString('en')
      : value.toLocaleString('en', { maximumFractionDigits: 4 })
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`
}

const pad = (text: string, to: number) => ' '.repeat(Math.max(0, to - width(text)))

/** Korean and other wide characters take two columns of a terminal. */
function width(text: string): number {
  let columns = 0
  for (const char of text)
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(char) ? 2 : 1
  return columns
}
