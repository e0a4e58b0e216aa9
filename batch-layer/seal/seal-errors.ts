/** Thrown when an epoch is asked to be sealed before its end plus the margin; the caller waits and asks again. */
export class EpochNotOverError extends Error {
  override readonly name = 'EpochNotOverError'
  constructor(
    readonly stream: string,
    readonly epoch: number,
    /** UTC ms, inclusive: from then on the epoch may be sealed. */
    readonly dueMs: number,
    nowMs: number,
  ) {
    super(
      `stream "${stream}": epoch ${epoch} may be sealed from ${new Date(dueMs).toISOString()}, it is ${new Date(nowMs).toISOString()}`,
    )
  }
}

/**
 * Thrown when a topic no longer continues what was sealed; retrying cannot help. Likely causes:
 * - the topic was deleted and created again
 * - it lost a partition, or records at its end (an unclean restore)
 */
export class TopicChangedError extends Error {
  override readonly name = 'TopicChangedError'
  constructor(
    readonly topic: string,
    readonly partition: number,
    /** Offset at which the lake ends. */
    readonly sealedTo: number,
    detail: string,
  ) {
    super(`topic "${topic}" partition ${partition}: sealed up to offset ${sealedTo}, but ${detail}`)
  }
}
