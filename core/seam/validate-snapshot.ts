import { comparePlaces, partitionsOf } from './boundary.js'
import { byView, missingRanges, rangesOf } from './coverage.js'
import { importRangesOf, missingImports } from './import-range.js'
import type { Segment } from './segment.js'
import type { Snapshot } from './snapshot.js'

/**
 * Checks a snapshot before it is put in force; runs inside the compare-and-set. Per view and partition the segments tile
 * [first, boundary) without gap or overlap; a view may lack a part only while it is building, and a view that was whole
 * stays whole, also where its definition changes; the boundary never goes back; one hash per view; no import of the base is
 * missing, and each is held once by every view that is not building.
 *
 * @param base the snapshot in force; null where there is none
 * @throws Error naming the view, the partition and the offsets
 */
export function validateSnapshot(base: Snapshot | null, next: Snapshot): void {
  const name = `snapshot ${next.id} of stream "${next.stream}"`
  checkSuccession(name, base, next)
  checkBoundary(name, base, next)
  checkImports(name, base, next)
  const hashes = new Map(next.views.map((view) => [view.name, view.hash]))
  if (hashes.size !== next.views.length) throw new Error(`${name}: a view is named twice`)
  const ids = new Set<string>()
  for (const segment of next.segments) {
    if (ids.has(segment.id)) throw new Error(`${name}: segment ${segment.id} of view "${segment.view}" is in it twice`)
    ids.add(segment.id)
    if (segment.stream !== next.stream)
      throw new Error(`${name}: segment ${segment.id} is of stream "${segment.stream}"`)
    if (hashes.get(segment.view) !== segment.viewHash) {
      throw new Error(
        `${name}: segment ${segment.id} of view "${segment.view}" has hash ${segment.viewHash}, the view ${hashes.get(segment.view)}`,
      )
    }
    checkRanges(`${name}: view "${segment.view}"`, segment)
  }
  const ofView = byView(next.segments)
  for (const view of next.views) {
    const where = `${name}: view "${view.name}"`
    const segments = ofView.get(view.name) ?? []
    checkTiles(where, next, segments)
    checkImportedRows(where, next, segments)
    const missing = missingRanges(next.first, next.boundary, segments)[0]
    const lacking = missingImports(next.imports, segments)[0]
    const before = base?.views.find((v) => v.name === view.name)
    // whatever its definition was: a changed one takes over when it is whole, the old one answers until then
    const wasWhole = base === null || before?.building === false
    if (lacking && (!view.building || wasWhole)) {
      throw new Error(`${where} lacks rows ${lacking.from} to ${lacking.to} (exclusive) of import ${lacking.sha256}`)
    }
    if (view.building !== (missing !== undefined || lacking !== undefined)) {
      throw new Error(
        missing
          ? `${where} lacks offsets ${missing.from.offset} to ${missing.to.offset} (exclusive) of partition ${missing.partition}, epochs ${missing.from.epoch} to ${missing.to.epoch}`
          : `${where} is said to be building, but nothing is missing`,
      )
    }
    if (missing && wasWhole) {
      throw new Error(
        `${where} was whole and lacks offsets ${missing.from.offset} to ${missing.to.offset} (exclusive) of partition ${missing.partition} now`,
      )
    }
  }
}

function checkSuccession(name: string, base: Snapshot | null, next: Snapshot): void {
  if (next.base !== (base?.id ?? null))
    throw new Error(`${name}: was built on ${next.base}, but ${base?.id ?? 'none'} is in force`)
  if (next.sequence !== (base?.sequence ?? 0) + 1) {
    throw new Error(`${name}: has sequence ${next.sequence}, but follows ${base?.sequence ?? 0}`)
  }
  if (base && base.stream !== next.stream) throw new Error(`${name}: follows one of stream "${base.stream}"`)
  if (base && base.epochMs !== next.epochMs)
    throw new Error(`${name}: epochs of ${next.epochMs} ms, before ${base.epochMs} ms`)
}

function checkBoundary(name: string, base: Snapshot | null, next: Snapshot): void {
  for (const [partition, at] of partitionsOf(next.boundary)) {
    if (!Number.isSafeInteger(at.offset) || !Number.isSafeInteger(at.epoch) || at.offset < 0) {
      throw new Error(`${name}: the boundary of partition ${partition} is (${at.offset}, ${at.epoch})`)
    }
    const first = next.first[partition]
    if (!first || comparePlaces(first, at) > 0) {
      throw new Error(
        `${name}: partition ${partition} ends at offset ${at.offset} and begins at ${first?.offset ?? 'no offset'}`,
      )
    }
  }
  for (const [partition, before] of partitionsOf(base?.boundary ?? {})) {
    const now = next.boundary[partition]
    if (!now || now.offset < before.offset || now.epoch < before.epoch) {
      throw new Error(
        `${name}: the boundary of partition ${partition} went back from (${before.offset}, ${before.epoch}) to ${now ? `(${now.offset}, ${now.epoch})` : 'nothing'}`,
      )
    }
  }
  for (const [partition, before] of partitionsOf(base?.first ?? {})) {
    const now = next.first[partition]
    if (!now || comparePlaces(now, before) !== 0) {
      throw new Error(
        `${name}: partition ${partition} began at offset ${before.offset}, now at ${now?.offset ?? 'no offset'}`,
      )
    }
  }
}

function checkImports(name: string, base: Snapshot | null, next: Snapshot): void {
  const named = new Set(next.imports.map((file) => file.sha256))
  if (named.size !== next.imports.length) throw new Error(`${name}: an import is named twice`)
  const lost = base?.imports.find((file) => !named.has(file.sha256))
  if (lost) throw new Error(`${name}: lacks import ${lost.sha256}, which was in force`)
}

/** No row of an import is in it twice, and every import that a segment is made of is named. */
function checkImportedRows(where: string, next: Snapshot, segments: readonly Segment[]): void {
  for (const sha256 of new Set(segments.flatMap(({ imported }) => (imported ? [imported.sha256] : [])))) {
    const file = next.imports.find((named) => named.sha256 === sha256)
    if (!file) throw new Error(`${where} has a segment of import ${sha256}, which the snapshot does not name`)
    let end = 0
    for (const range of importRangesOf(segments, sha256)) {
      if (range.from < end || range.to > file.rows) {
        throw new Error(
          `${where} holds rows ${range.from} to ${range.to} (exclusive) of import ${sha256}, of which ${end} to ${file.rows} are free`,
        )
      }
      end = range.to
    }
  }
}

function checkRanges(where: string, segment: Segment): void {
  for (const { partition, from, to } of segment.ranges) {
    if (to.offset < from.offset || to.epoch < from.epoch) {
      throw new Error(
        `${where}: segment ${segment.id} has offsets ${from.offset} to ${to.offset}, epochs ${from.epoch} to ${to.epoch} in partition ${partition}, which is no range`,
      )
    }
  }
}

/** No two ranges overlap, and none leaves [first, boundary). */
function checkTiles(where: string, next: Snapshot, segments: readonly Segment[]): void {
  for (const partition of new Set(segments.flatMap((s) => s.ranges.map((r) => r.partition)))) {
    let end = next.first[partition]
    const last = next.boundary[partition]
    if (!end || !last)
      throw new Error(`${where} has a segment in partition ${partition}, which the boundary does not name`)
    for (const range of rangesOf(segments, partition)) {
      if (comparePlaces(range.from, end) < 0) {
        throw new Error(
          `${where} holds offsets ${range.from.offset} to ${end.offset} (exclusive) of partition ${partition} twice, epochs ${range.from.epoch} to ${end.epoch}`,
        )
      }
      end = range.to
    }
    if (comparePlaces(end, last) > 0) {
      throw new Error(
        `${where} reaches offset ${end.offset} of partition ${partition}, beyond the boundary ${last.offset}`,
      )
    }
  }
}
