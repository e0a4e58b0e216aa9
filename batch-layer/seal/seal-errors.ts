import { epochStartText } from '../../core/time/epoch-start-text.js'

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

/** Where a broker's clock was wrong. */
export interface AheadAt {
  readonly stream: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Exclusive: the records up to here are as far ahead, and the next one is not, as far as one read showed. */
  readonly to: number
  /** The record's append time, UTC ms. */
  readonly timeMs: number
  readonly epochMs: number
  /** Epoch of the record before it. */
  readonly epoch: number
}

/**
 * Thrown for a record whose append time lies more than a day beyond the clock here: with it the partition would stand in
 * that epoch until then. A person decides by a cut. Likely causes:
 * - a broker whose clock was wrong for a while
 * - this machine's clock is wrong
 */
export class EpochAheadError extends Error {
  override readonly name = 'EpochAheadError'
  constructor(readonly at: AheadAt) {
    const { stream, topic, partition, offset, to, timeMs, epochMs, epoch } = at
    const range = to === offset + 1 ? `${offset}` : `${offset}-${to}`
    const start = epoch > 0 ? epochStartText(epoch, epochMs) : '<epoch>'
    super(
      `topic "${topic}" partition ${partition} is halted: the record at offset ${offset} has the append time ` +
        `${new Date(timeMs).toISOString()}, more than a day beyond the clock here. If the broker's clock was wrong, ` +
        `let its records count in the epoch before: tandem seal ${stream} --cut ${partition}@${range}=${start}`,
    )
  }
}

/** Thrown for a cut or a lost range that does not fit the log; nothing of it was stored. */
export class ReleaseRefusedError extends Error {
  override readonly name = 'ReleaseRefusedError'
}
