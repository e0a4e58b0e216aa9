import { runningEpoch } from './running-epoch.js'
import { sha256Hex } from './sha256-hex.js'

/**
 * A stretch of a partition whose broker times are not believed, by a person's decision: the running maximum restarts at
 * `offset` with `epoch`, and stays there before `to`.
 */
export interface EpochCut {
  readonly partition: number
  readonly offset: number
  /** Exclusive; `offset + 1` where one record alone has a mad time. */
  readonly to: number
  /** Epoch of the records in it, unless an earlier record of the partition has a later one. */
  readonly epoch: number
}

/** Offsets [from, to) of a partition that the broker deleted before they were sealed, given up by a person's decision. */
export interface LostRange {
  readonly partition: number
  readonly from: number
  readonly to: number
}

/** What persons decided about a stream's log; both layers read it by the same rules. */
export interface Releases {
  readonly cuts: readonly EpochCut[]
  readonly lost: readonly LostRange[]
}

export const NO_RELEASES: Releases = Object.freeze({ cuts: Object.freeze([]), lost: Object.freeze([]) })

/** Those of one partition, each list by offset. */
export function releasesOf({ cuts, lost }: Releases, partition: number): Releases {
  return {
    cuts: cuts.filter((cut) => cut.partition === partition).sort((a, b) => a.offset - b.offset || a.to - b.to),
    lost: lost.filter((range) => range.partition === partition).sort((a, b) => a.from - b.from || a.to - b.to),
  }
}

/**
 * The epoch of a delivered record: the running maximum, except within a cut, where the record's own time says nothing.
 *
 * @param running epoch of the delivered record before it, or the epoch of the boundary where reading starts
 * @param timeMs the record's broker append time, UTC milliseconds
 * @param cuts of its partition
 */
export function recordEpoch(
  running: number,
  { offset, timeMs }: { readonly offset: number; readonly timeMs: number },
  epochMs: number,
  cuts: readonly EpochCut[],
): number {
  for (const cut of cuts) if (cut.offset <= offset && offset < cut.to) return Math.max(running, cut.epoch)
  return runningEpoch(running, timeMs, epochMs)
}

/** First offset at or behind `position` that is not given up. */
export function behindLost(position: number, lost: readonly LostRange[]): number {
  let at = position
  for (const { from, to } of [...lost].sort((a, b) => a.from - b.from)) if (from <= at && at < to) at = to
  return at
}

/**
 * Where a partition that was never sealed begins, if its log begins at `earliest`: at the start of what was given up right
 * before, so that the ledger shows it.
 */
export function beforeLost(earliest: number, lost: readonly LostRange[]): number {
  let at = earliest
  for (const { from, to } of [...lost].sort((a, b) => b.to - a.to)) if (from < at && at <= to) at = from
  return at
}

/** Parts of [from, to) that are given up, by offset and without overlaps. */
export function lostWithin(
  from: number,
  to: number,
  lost: readonly LostRange[],
): readonly { readonly from: number; readonly to: number }[] {
  const parts: { from: number; to: number }[] = []
  for (const range of [...lost].sort((a, b) => a.from - b.from)) {
    const start = Math.max(range.from, from, parts.at(-1)?.to ?? from)
    const end = Math.min(range.to, to)
    if (start >= end) continue
    const last = parts.at(-1)
    if (last !== undefined && last.to === start) last.to = end
    else parts.push({ from: start, to: end })
  }
  return parts
}

/**
 * A short name of a partition's releases, '' where it has none. Hot state carries the one that it was folded under in its
 * generation: with another one it counts records in other epochs, or records that were given up.
 */
export function releasesMark(releases: Releases, partition: number): string {
  const { cuts, lost } = releasesOf(releases, partition)
  if (cuts.length === 0 && lost.length === 0) return ''
  const text = [...cuts.map((c) => `c${c.offset}-${c.to}=${c.epoch}`), ...lost.map((l) => `l${l.from}-${l.to}`)]
  return sha256Hex([...new Set(text)].join(' ')).slice(0, 12)
}

const GENERATION = /^releases-([0-9a-f]{12})\./

/** A generation that tells under which releases hot state was folded. @param unique random text */
export function markedGeneration(mark: string, unique: string): string {
  return mark === '' ? unique : `releases-${mark}.${unique}`
}

export function markOfGeneration(generation: string): string {
  return GENERATION.exec(generation)?.[1] ?? ''
}
