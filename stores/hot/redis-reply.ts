import type { LastRecord } from '../../core/seam/boundary.js'
import type { FeedStep } from './follow-cursor.js'
import { parseGroup } from './hot-keys.js'
import type { HotCell, HotState, Keyspace, LayerHealth } from './hot-port.js'

/** A state with its place in the feed. */
export interface StoredState {
  readonly state: HotState
  /** Cost of everything fed so far: where a follower that holds this state stands. */
  readonly fed: number
  /** Cost below which entries of the feed are trimmed away. */
  readonly kept: number
  /** Names of the cell hashes. */
  readonly groups: readonly string[]
}

/** An entry of the feed with the cells that the call changed. */
export interface FeedEntry extends FeedStep {
  readonly cells: readonly HotCell[]
}

export function parseList(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw new Error(`Redis answered ${describe(reply)} where a list was expected`)
  return reply
}

export function parseText(reply: unknown): string {
  if (typeof reply !== 'string') throw new Error(`Redis answered ${describe(reply)} where text was expected`)
  return reply
}

/** A whole number, as Redis' integer reply or as text. */
export function parseWhole(reply: unknown): number {
  const number = typeof reply === 'string' && /^-?\d+$/.test(reply) ? Number(reply) : reply
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
    throw new Error(`Redis answered ${describe(reply)} where a whole number was expected`)
  }
  return number
}

/** The first eleven values of `state-2.lua` and `follow-3.lua`; null where there is no state. */
export function parseState(reply: unknown): StoredState | null {
  const [generation, next, epoch, nonce, floor, since, maxEventTimeMs, last, fed, kept, names] = parseList(reply)
  if (generation === null || generation === undefined) return null
  const groups = parseList(names).map(parseText)
  const state: HotState = {
    generation: parseText(generation),
    next: parseWhole(next),
    epoch: parseWhole(epoch),
    nonce: parseText(nonce),
    floor: parseWhole(floor),
    since: parseWhole(since),
    maxEventTimeMs: parseText(maxEventTimeMs) === '' ? null : parseWhole(maxEventTimeMs),
    last: parseLast(parseText(last)),
    epochs: [...new Set(groups.map((name) => parseGroup(name).epoch))].sort((a, b) => a - b),
  }
  return { state, fed: parseWhole(fed), kept: parseWhole(kept), groups }
}

/** A last record is stored as `<offset>:<timeMs>:<crc>`, none as ''. */
export function formatLast(last: LastRecord | null): string {
  return last ? `${last.offset}:${last.timeMs}:${last.crc}` : ''
}

function parseLast(text: string): LastRecord | null {
  if (text === '') return null
  const [offset, timeMs, crc] = text.split(':').map(parseWhole)
  if (offset === undefined || timeMs === undefined || crc === undefined)
    throw new Error(`Redis holds "${text}" as a last record`)
  return { offset, timeMs, crc }
}

/** What XRANGE returns for the feed; see `apply-4.lua`. */
export function parseFeed(reply: unknown): readonly FeedEntry[] {
  return parseList(reply).map((entry) => {
    const [id, fields] = parseList(entry)
    const [, from, , next, , floor, , text] = parseList(fields)
    const cells: HotCell[] = []
    for (const block of parseText(text).split('\n\n')) {
      const end = block.indexOf('\n')
      if (end > 0) addCells(cells, block.slice(0, end), block.slice(end + 1))
    }
    return {
      place: parseWhole(parseText(id).split('-')[0]),
      from: parseWhole(from),
      next: parseWhole(next),
      floor: parseWhole(floor),
      cells,
    }
  })
}

/** What a chunk of a fill holds; see `fill-1.lua`. */
export function parseCells(reply: unknown): readonly HotCell[] {
  const list = parseList(reply)
  const cells: HotCell[] = []
  for (let g = 0; g < list.length; g += 2) addCells(cells, parseText(list[g]), parseText(list[g + 1]))
  return cells
}

function addCells(cells: HotCell[], group: string, text: string): void {
  const { epoch, resolutionMs, view } = parseGroup(group)
  const lines = text.split('\n')
  if (lines.length % 2 !== 0) throw new Error(`Redis holds a cell of view "${view}", epoch ${epoch}, without registers`)
  for (let i = 0; i < lines.length; i += 2) {
    cells.push({ view, resolutionMs, epoch, key: lines[i] as string, registers: lines[i + 1] as string })
  }
}

export function parseKeyspace(text: string): Keyspace {
  const [stream, viewSet] = parseList(JSON.parse(text))
  return { stream: parseText(stream), viewSet: parseText(viewSet) }
}

export function parseHealth(text: string): LayerHealth {
  const report: unknown = JSON.parse(text)
  if (typeof report !== 'object' || report === null) throw new Error(`Redis holds ${text} as a health report`)
  const { layer, instance, atMs, ready, detail } = report as Record<string, unknown>
  if (layer !== 'speed' && layer !== 'worker' && layer !== 'serving')
    throw new Error(`Redis holds health of layer ${describe(layer)}`)
  if (typeof ready !== 'boolean' || typeof detail !== 'object' || detail === null) {
    throw new Error(`Redis holds ${text} as a health report`)
  }
  return {
    layer,
    instance: parseText(instance),
    atMs: parseWhole(atMs),
    ready,
    detail: detail as Record<string, unknown>,
  }
}

function describe(value: unknown): string {
  return `${JSON.stringify(value)?.slice(0, 80)}`
}
