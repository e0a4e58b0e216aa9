/**
 * Thrown where a snapshot cannot be rolled back to, approved or rejected; the message says what to do instead. Likely
 * causes:
 * - the id was mistyped, or is of another stream
 * - somebody else decided, or another run replaced the same epochs meanwhile
 */
export class SnapshotRefusedError extends Error {
  override readonly name = 'SnapshotRefusedError'
}
