import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dueRemovals } from './due-removals.js'

const DAY = 86_400_000

test('what is found unnamed for the first time is marked, and removed once it has been unnamed long enough', () => {
  const first = dueRemovals(['a'], new Map(), 0, DAY)
  expect(first).toEqual({ due: [], marks: new Map([['a', 0]]) })
  expect(dueRemovals(['a', 'b'], first.marks, DAY - 1, DAY)).toEqual({
    due: [],
    marks: new Map([
      ['a', 0],
      ['b', DAY - 1],
    ]),
  })
  expect(dueRemovals(['a'], first.marks, DAY, DAY).due).toEqual(['a'])
})

test('what was named again in between begins anew', () => {
  const first = dueRemovals(['a'], new Map(), 0, DAY)
  const named = dueRemovals([], first.marks, DAY, DAY)
  expect(named).toEqual({ due: [], marks: new Map() })
  expect(dueRemovals(['a'], named.marks, 2 * DAY, DAY).due).toEqual([])
})

test('law: of what is unnamed, each is either due or marked, and only what was marked long enough ago is due', () =>
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string()),
      fc.dictionary(fc.string(), fc.nat(100)),
      fc.nat(100),
      fc.nat(50),
      (unnamed, before, nowMs, graceMs) => {
        const marks = new Map(Object.entries(before))
        const { due, marks: next } = dueRemovals(unnamed, marks, nowMs, graceMs)
        expect([...due, ...next.keys()].sort()).toEqual([...unnamed].sort())
        for (const name of due) expect(nowMs - (marks.get(name) ?? nowMs)).toBeGreaterThanOrEqual(graceMs)
      },
    ),
  ))
