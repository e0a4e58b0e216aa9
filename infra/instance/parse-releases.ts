import type { EpochCut, LostRange } from '../../core/seam/index.js'
import { parseEpoch } from './epochs.js'
import { UserError } from './user-error.js'

const CUT = /^(\d+)@(\d+)(?:-(\d+))?=(.+)$/
const LOST = /^(\d+):(\d+)-(\d+)$/

/** `0@123=20260105T120000Z`: the record at offset 123 of partition 0 counts in that epoch; `0@123-130=…` those below 130. */
export function parseCut(text: string, epochMs: number): EpochCut {
  const [, partition, offset, to, epoch] = CUT.exec(text) ?? []
  if (partition === undefined || offset === undefined || epoch === undefined)
    throw new UserError(`--cut is "${text}", expected partition@offset=epoch or partition@offset-end=epoch.`)
  const cut = {
    partition: Number(partition),
    offset: Number(offset),
    to: to === undefined ? Number(offset) + 1 : Number(to),
    epoch: parseEpoch(epoch, epochMs, '--cut'),
  }
  if (cut.to <= cut.offset) throw new UserError(`--cut is "${text}": its end, exclusive, must lie above ${offset}.`)
  return cut
}

/** `0:40-60`: offsets 40 to 60, exclusive, of partition 0. */
export function parseLost(text: string): LostRange {
  const [, partition, from, to] = LOST.exec(text) ?? []
  if (partition === undefined || Number(to) <= Number(from))
    throw new UserError(`--accept-loss is "${text}", expected partition:from-to, to exclusive and above from.`)
  return { partition: Number(partition), from: Number(from), to: Number(to) }
}
