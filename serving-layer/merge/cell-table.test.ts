import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Registers } from '../../core/cell/cell.js'
import { decodeRegisters } from '../../core/cell/decode-registers.js'
import { emptyRegisters } from '../../core/cell/empty-registers.js'
import { encodeRegisters } from '../../core/cell/encode-registers.js'
import { mergeInto } from '../../core/cell/merge-into.js'
import type { RegisterSpec } from '../../core/measure/register-spec.js'
import { CellTable } from './cell-table.js'
import { shapeOf } from './shape.js'

const SPECS: readonly RegisterSpec[] = [
  { kind: 'number', name: 'a.n', op: 'add', number: 'whole' },
  { kind: 'hll', name: 'b.hll', precision: 4 },
  { kind: 'number', name: 'c.min', op: 'min', number: 'whole' },
  { kind: 'number', name: 'd.max', op: 'max', number: 'real' },
  { kind: 'histogram', name: 'e.hist' },
  { kind: 'number', name: 'overflow', op: 'add', number: 'whole' },
]
const shape = shapeOf(SPECS)

const whole = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: 0, max: 9 }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 60n }),
)
const registers = fc
  .tuple(
    whole,
    fc.array(fc.tuple(fc.nat(15), fc.integer({ min: 1, max: 20 }))),
    fc.option(fc.maxSafeInteger()),
    fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)),
    fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 1e6 }))),
    fc.nat(5),
  )
  .map(([n, hll, min, max, hist, overflow]): Registers => [n, new Map(hll), min, max, new Map(hist), overflow])
const cells = fc.array(fc.tuple(fc.nat(40), registers), { maxLength: 60 })

const text = (r: Registers) => encodeRegisters(SPECS, r)
const put = (table: CellTable, id: number, r: Registers) => table.put(id, r, text(r))
const contents = (table: CellTable) =>
  new Map(Array.from({ length: table.size }, (_, slot) => [table.idAt(slot), text(table.registersAt(slot))]))

test('law: a table merges as the algebra does, bigints and sketches included', () =>
  fc.assert(
    fc.property(cells, cells, fc.integer({ min: 1, max: 7 }), (left, right, groups) => {
      const merged = new CellTable(shape)
      const expected = new Map<number, Registers>()
      for (const list of [left, right]) {
        const table = new CellTable(shape)
        const last = new Map(list)
        for (const [id, r] of list) put(table, id, r)
        table.trim()
        merged.addAll(table, (id) => id % groups)
        for (const [id, r] of last) {
          const held = expected.get(id % groups) ?? emptyRegisters(SPECS)
          mergeInto(SPECS, held, decodeRegisters(SPECS, text(r)))
          expected.set(id % groups, held)
        }
      }
      expect(contents(merged)).toEqual(new Map([...expected].map(([id, r]) => [id, text(r)])))
      expect(contents(merged.renamed((id) => id + 5))).toEqual(
        new Map([...expected].map(([id, r]) => [id + 5, text(r)])),
      )
    }),
    { numRuns: 300 },
  ))

test('law: a rollup that follows a growing cell equals one built anew, or says that it cannot', () =>
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), registers), { minLength: 1, maxLength: 30 }), (changes) => {
      const base = new CellTable(shape)
      const rollup = new CellTable(shape)
      for (const [id, more] of changes) {
        const slot = base.slotOf(id)
        if (slot < 0) {
          put(base, id, more)
          rollup.addRow(id % 2, base, base.slotOf(id))
          continue
        }
        // Cells only grow: what is stored next has merged what was before.
        const next = base.registersAt(slot).map((r) => (r instanceof Map ? new Map(r) : r))
        mergeInto(SPECS, next, decodeRegisters(SPECS, text(more)))
        const exact = rollup.adjust(id % 2, base, slot, next)
        put(base, id, next)
        if (!exact) return
      }
      const anew = new CellTable(shape)
      anew.addAll(base, (id) => id % 2)
      expect(contents(rollup)).toEqual(contents(anew))
    }),
    { numRuns: 300 },
  ))

test('a table of reals is never corrected by a difference', () => {
  const real = shapeOf([{ kind: 'number', name: 's', op: 'add', number: 'real' }])
  const table = new CellTable(real)
  table.put(1, [0.1], '0.1')
  expect(table.adjust(1, table, 0, [0.2])).toBe(false)
})
