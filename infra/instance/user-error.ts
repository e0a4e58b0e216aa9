/** Something the person at the terminal can mend. Printed as one sentence, without a stack; exit code 1. */
export class UserError extends Error {
  override readonly name = 'UserError'
}
