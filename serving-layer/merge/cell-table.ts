import { addWhole } from '../../core/cell/add-whole.js'
import type { Registers, RegisterValue } from '../../core/cell/cell.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { mergeNumber, WIDE } from './merge-number.js'
import { NumberOp, type Shape } from './shape.js'
import { subtractAndAdd } from './subtract-and-add.js'

type Sketch = Map<number, number>

/** Rough size of a Map entry with two small numbers, for the accounting of caches. */
const SKETCH_ENTRY_BYTES = 40

/**
 * Cells of one window and one source, packed: per cell an id (of a tuple or of a group of tuples) and its numbers side
 * by side in one typed array. A cell costs about 16 bytes and 8 for each register, where an object with a key and a
 * list of registers costs some hundreds; and merging is a loop over numbers.
 *
 * Sketches lie apart: as the stored text in tables of cells (decoded when they are merged), as Maps in merged tables.
 */
export class CellTable {
  #size = 0
  #ids: Int32Array
  #values: Float64Array
  /** Whole numbers beyond 2^53, by place in `#values`, where `WIDE` stands instead. */
  #wide: Map<number, bigint> | null = null
  #sketches: (string | Sketch[])[] | null
  #sketchBytes = 0
  /** Open-addressing index id → slot + 1; built at the first look-up, since many tables are only ever walked. */
  #index: Int32Array | null = null

  constructor(
    readonly shape: Shape,
    capacity = 4,
  ) {
    this.#ids = new Int32Array(capacity)
    this.#values = new Float64Array(capacity * shape.ops.length)
    this.#sketches = shape.sketchAt.length > 0 ? [] : null
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return 200 + this.#ids.byteLength + this.#values.byteLength + (this.#index?.byteLength ?? 0) + this.#sketchBytes
  }

  idAt(slot: number): number {
    return this.#ids[slot] as number
  }

  /** Slot of an id, −1 where it has no cell. */
  slotOf(id: number): number {
    const index = this.#index ?? this.#buildIndex()
    const mask = index.length - 1
    for (let at = hash(id) & mask; ; at = (at + 1) & mask) {
      const entry = index[at] as number
      if (entry === 0) return -1
      if (this.#ids[entry - 1] === id) return entry - 1
    }
  }

  /** Stores a cell's absolute registers, replacing what was there. `text` is their encoded form. */
  put(id: number, registers: Registers, text: string): void {
    let slot = this.slotOf(id)
    if (slot < 0) slot = this.#append(id)
    const { numberAt } = this.shape
    const base = slot * numberAt.length
    for (let i = 0; i < numberAt.length; i++) this.#store(base + i, registers[numberAt[i] as number] as RegisterValue)
    if (this.#sketches) this.#storeSketch(slot, text)
  }

  /** Merges one row of `source` into the cell of `id`. */
  addRow(id: number, source: CellTable, sourceSlot: number): void {
    const { ops } = this.shape
    const width = ops.length
    const from = sourceSlot * width
    let slot = this.slotOf(id)
    if (slot < 0) {
      slot = this.#append(id)
      const base = slot * width
      for (let i = 0; i < width; i++) this.#copyNumber(base + i, source, from + i)
    } else {
      const base = slot * width
      for (let i = 0; i < width; i++) this.#mergeNumber(base + i, ops[i] as number, source, from + i)
    }
    if (this.#sketches) this.#mergeSketches(slot, source.#sketchesAt(sourceSlot))
  }

  /**
   * Applies the change of one row: `source` still holds its old registers, `registers` are the new ones. Sums take
   * new − old, extremes and HyperLogLogs are merged in (a cell only grows while its state lives).
   * False where that cannot be done exactly; the table is then wrong and has to be built again.
   */
  adjust(id: number, source: CellTable, sourceSlot: number, registers: Registers): boolean {
    const slot = this.slotOf(id)
    if (slot < 0 || !this.shape.adjustable) return false
    const { ops, numberAt } = this.shape
    const base = slot * ops.length
    const from = sourceSlot * ops.length
    for (let i = 0; i < ops.length; i++) {
      const next = registers[numberAt[i] as number] as RegisterValue
      if (!this.#adjustNumber(base + i, ops[i] as number, source.#values[from + i] as number, next)) return false
    }
    return this.#sketches ? this.#adjustSketches(slot, source.#sketchesAt(sourceSlot), registers) : true
  }

  /** A number register by its place in the view's registers; undefined where it is null or beyond 2^53. */
  numberOf(slot: number, register: number): number | undefined {
    const at = this.shape.numberAt.indexOf(register)
    const value = at < 0 ? Number.NaN : (this.#values[slot * this.shape.ops.length + at] as number)
    return Number.isFinite(value) ? value : undefined
  }

  /** A row's registers as core's algebra reads them. */
  registersAt(slot: number): Registers {
    const { specs, numberAt, sketchAt, ops } = this.shape
    const registers = new Array<RegisterValue>(specs.length)
    const base = slot * ops.length
    for (let i = 0; i < ops.length; i++) registers[numberAt[i] as number] = this.#numberAt(base + i, ops[i] as number)
    const sketches = this.#sketchesAt(slot)
    for (let i = 0; i < sketchAt.length; i++) registers[sketchAt[i] as number] = sketches[i] as Sketch
    return registers
  }

  /** The same cells, each id replaced by another one. */
  renamed(idOf: (id: number) => number): CellTable {
    const copy = new CellTable(this.shape, 0)
    copy.#size = this.#size
    copy.#ids = this.#ids.slice(0, this.#size).map(idOf)
    copy.#values = this.#values.slice(0, this.#size * this.shape.ops.length)
    copy.#wide = this.#wide && new Map(this.#wide)
    copy.#sketches = this.#sketches?.map((s) => (typeof s === 'string' ? s : s.map((m) => new Map(m)))) ?? null
    copy.#sketchBytes = this.#sketchBytes
    return copy
  }

  /** Merges every row of `source`, its ids translated. */
  addAll(source: CellTable, idOf: (id: number) => number): void {
    for (let slot = 0; slot < source.#size; slot++) this.addRow(idOf(source.idAt(slot)), source, slot)
  }

  /** Gives back the room kept for growth and the index; both come again when they are needed. */
  trim(): void {
    this.#ids = this.#ids.slice(0, this.#size)
    this.#values = this.#values.slice(0, this.#size * this.shape.ops.length)
    this.#index = null
  }

  #append(id: number): number {
    const slot = this.#size
    if (slot === this.#ids.length) this.#grow()
    this.#ids[slot] = id
    this.#size = slot + 1
    const index = this.#index
    if (index === null || this.#size * 2 > index.length) this.#buildIndex()
    else insert(index, id, slot)
    return slot
  }

  #grow(): void {
    const capacity = Math.max(4, this.#ids.length * 2)
    const ids = new Int32Array(capacity)
    ids.set(this.#ids)
    this.#ids = ids
    const values = new Float64Array(capacity * this.shape.ops.length)
    values.set(this.#values)
    this.#values = values
  }

  #buildIndex(): Int32Array {
    let length = 8
    while (length < this.#size * 3) length *= 2
    const index = new Int32Array(length)
    for (let slot = 0; slot < this.#size; slot++) insert(index, this.#ids[slot] as number, slot)
    this.#index = index
    return index
  }

  #store(place: number, value: RegisterValue): void {
    if (this.#wide?.has(place)) this.#wide.delete(place)
    if (typeof value === 'bigint') this.#storeWide(place, value)
    else this.#values[place] = value === null ? Number.NaN : (value as number)
  }

  #storeWide(place: number, value: bigint): void {
    this.#wide ??= new Map()
    this.#wide.set(place, value)
    this.#values[place] = WIDE
  }

  #copyNumber(place: number, source: CellTable, from: number): void {
    const value = source.#values[from] as number
    const wide = value === WIDE ? source.#wide?.get(from) : undefined
    if (wide === undefined) this.#values[place] = value
    else this.#storeWide(place, wide)
  }

  #mergeNumber(place: number, op: number, source: CellTable, from: number): void {
    const left = this.#values[place] as number
    const right = source.#values[from] as number
    const merged = mergeNumber(op, left, right)
    if (merged === undefined) {
      this.#store(place, addWhole(this.#wide?.get(place) ?? left, source.#wide?.get(from) ?? right))
    } else this.#values[place] = merged
  }

  #adjustNumber(place: number, op: number, before: number, next: RegisterValue): boolean {
    const held = this.#values[place] as number
    if (op === NumberOp.addWhole) {
      if (held === WIDE || before === WIDE || typeof next !== 'number') return false
      const difference = next - before
      const sum = held + difference
      if (!Number.isSafeInteger(difference) || !Number.isSafeInteger(sum)) return false
      this.#values[place] = sum
      return true
    }
    const merged = mergeNumber(op, held, next === null ? Number.NaN : Number(next))
    if (merged === undefined) return false
    this.#values[place] = merged
    return true
  }

  #numberAt(place: number, op: number): RegisterValue {
    const value = this.#values[place] as number
    if (value === WIDE) return this.#wide?.get(place) ?? value
    return Number.isNaN(value) && op >= NumberOp.min ? null : value
  }

  #storeSketch(slot: number, text: string): void {
    const sketches = this.#sketches as (string | Sketch[])[]
    const before = sketches[slot]
    this.#sketchBytes += text.length - (typeof before === 'string' ? before.length : 0)
    sketches[slot] = text
  }

  #sketchesAt(slot: number): Sketch[] {
    const held = this.#sketches?.[slot]
    if (held === undefined) return []
    if (typeof held !== 'string') return held
    const registers = decodeRegisters(this.shape.specs, held)
    return this.shape.sketchAt.map((at) => registers[at] as Sketch)
  }

  #mergeSketches(slot: number, added: readonly Sketch[]): void {
    const sketches = this.#sketches as (string | Sketch[])[]
    const before = sketches[slot]
    const own = before === undefined ? this.shape.sketchAt.map(() => new Map<number, number>()) : this.#sketchesAt(slot)
    for (const [i, sketch] of added.entries()) this.#mergeSketch(own[i] as Sketch, i, sketch)
    sketches[slot] = own
  }

  #mergeSketch(own: Sketch, at: number, added: Sketch): void {
    const entries = own.size
    const isHll = this.shape.specs[this.shape.sketchAt[at] as number]?.kind === 'hll'
    for (const [key, value] of added) {
      const held = own.get(key)
      if (held === undefined) own.set(key, value)
      else if (!isHll) own.set(key, held + value)
      else if (value > held) own.set(key, value)
    }
    this.#sketchBytes += (own.size - entries) * SKETCH_ENTRY_BYTES
  }

  #adjustSketches(slot: number, before: readonly Sketch[], registers: Registers): boolean {
    const { specs, sketchAt } = this.shape
    const own = this.#sketchesAt(slot)
    for (const [i, at] of sketchAt.entries()) {
      const next = registers[at] as Sketch
      const target = own[i] as Sketch
      if (specs[at]?.kind === 'hll') this.#mergeSketch(target, i, next)
      else subtractAndAdd(target, before[i] as Sketch, next)
    }
    ;(this.#sketches as (string | Sketch[])[])[slot] = own
    return true
  }
}

function insert(index: Int32Array, id: number, slot: number): void {
  const mask = index.length - 1
  let at = hash(id) & mask
  while (index[at] !== 0) at = (at + 1) & mask
  index[at] = slot + 1
}

function hash(id: number): number {
  return Math.imul(id, 0x9e3779b1) >>> 7
}
