import { expect, test } from 'vitest'
import { pipelined } from './pipelined.js'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('while one item is finished the next is begun, never two in one stage, and the results are in order', async () => {
  const said: string[] = []
  let [beginning, finishing] = [0, 0]
  const made = await pipelined(
    [1, 2, 3],
    async (n) => {
      expect(++beginning).toBe(1)
      said.push(`begin ${n}`)
      await turn()
      beginning--
      return n
    },
    async (n) => {
      expect(++finishing).toBe(1)
      said.push(`finish ${n}`)
      await turn()
      await turn()
      finishing--
      return n * 10
    },
  )
  expect(made).toEqual([10, 20, 30])
  expect(said).toEqual(['begin 1', 'finish 1', 'begin 2', 'finish 2', 'begin 3', 'finish 3'])
})

test('what is under way ends before a failure is told', async () => {
  let finished = 0
  const finish = async () => {
    await turn()
    finished++
  }
  const begin = async (n: number) => {
    if (n === 2) throw new Error('no second')
  }
  await expect(pipelined([1, 2, 3], begin, finish)).rejects.toThrow('no second')
  expect(finished).toBe(1)
  await expect(
    pipelined(
      [1, 2],
      async (n) => n,
      async (n) => Promise.reject(new Error(`not ${n}`)),
    ),
  ).rejects.toThrow('not 1')
  expect(await pipelined([], begin, finish)).toEqual([])
})
