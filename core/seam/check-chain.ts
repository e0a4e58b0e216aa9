import type { EpochManifest, ManifestPartition } from './manifest.js'

/**
 * Checks that a manifest continues the one before it (`to` of one is `from` of the next) and is sound in itself.
 *
 * @param previous the last manifest in force; null for a stream's first
 * @throws Error naming stream, epoch, partition and offsets
 */
export function checkChain(previous: EpochManifest | null, next: EpochManifest): void {
  const name = `manifest of stream "${next.stream}", epoch ${next.epoch}`
  if (previous) {
    if (previous.stream !== next.stream) throw new Error(`${name}: continues one of stream "${previous.stream}"`)
    if (previous.epochMs !== next.epochMs) {
      throw new Error(`${name}: epoch length ${next.epochMs} ms, but it was ${previous.epochMs} ms before`)
    }
    if (next.epoch <= previous.epoch) throw new Error(`${name}: epoch ${previous.epoch} is sealed already`)
  }
  const seen = new Set<number>()
  for (const p of next.partitions) {
    if (seen.has(p.partition)) throw new Error(`${name}: partition ${p.partition} is named twice`)
    seen.add(p.partition)
    checkPartition(name, next.epoch, p)
  }
  for (const before of previous?.partitions ?? []) {
    const after = next.partitions.find((p) => p.partition === before.partition)
    if (!after)
      throw new Error(`${name}: partition ${before.partition} is missing, sealed to offset ${before.to} before`)
    if (after.from !== before.to) {
      throw new Error(
        `${name}: partition ${before.partition} begins at offset ${after.from}, but was sealed to ${before.to}`,
      )
    }
    if (after.open && after.epoch !== before.epoch) {
      throw new Error(
        `${name}: partition ${before.partition} is open, but its epoch moved from ${before.epoch} to ${after.epoch}`,
      )
    }
  }
}

function checkPartition(name: string, epoch: number, p: ManifestPartition): void {
  const where = `${name}: partition ${p.partition}`
  if (!Number.isSafeInteger(p.from) || !Number.isSafeInteger(p.to) || p.from < 0 || p.to < p.from) {
    throw new Error(`${where}: offsets ${p.from} to ${p.to} are no range`)
  }
  if (p.open ? p.to !== p.from : p.epoch !== epoch + 1) {
    throw new Error(
      p.open
        ? `${where}: is open, but moves from offset ${p.from} to ${p.to}`
        : `${where}: is sealed, but its first epoch not covered is ${p.epoch}`,
    )
  }
  if (p.read !== p.accepted + p.rejected + p.duplicates) {
    throw new Error(
      `${where}: read ${p.read} ≠ accepted ${p.accepted} + rejected ${p.rejected} + duplicates ${p.duplicates}`,
    )
  }
  if (p.to - p.from < p.read + p.ticks) {
    throw new Error(`${where}: ${p.read} records and ${p.ticks} ticks in offsets ${p.from} to ${p.to} (exclusive)`)
  }
}
