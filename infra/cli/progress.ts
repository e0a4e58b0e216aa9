/** Progress goes to standard error, so that standard output stays what was asked for. */
export function progressLine(line: string): void {
  process.stderr.write(`${line}\n`)
}
