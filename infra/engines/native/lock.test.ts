import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLock } from './lock.js'

let folder: string
const lock = (): string => join(folder, 'it.lock')

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('of many only one is inside at a time, and nothing is left behind', async () => {
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside)
    await new Promise(setImmediate)
    inside--
  }
  await Promise.all(Array.from({ length: 5 }, () => withLock(lock(), { waitMs: 10_000 }, work)))
  expect(most).toBe(1)
  expect(await readdir(folder)).toEqual([])
})

test('a lock whose process has ended is taken over', async () => {
  await writeFile(lock(), '999999999 long ago')
  expect(await withLock(lock(), { waitMs: 0 }, async () => 'inside')).toBe('inside')
})

test('a lock whose pid belongs to another process by now is taken over', async () => {
  await writeFile(lock(), `${process.pid} another time`)
  expect(await withLock(lock(), { waitMs: 0 }, async () => 'inside')).toBe('inside')
})

test('who waits too long is told whom to end', async () => {
  await withLock(lock(), { waitMs: 0 }, async () => {
    await expect(withLock(lock(), { waitMs: 0 }, async () => undefined)).rejects.toThrow(
      `Process ${process.pid} has held`,
    )
  })
})

test('work that fails gives the lock back', async () => {
  await expect(withLock(lock(), { waitMs: 0 }, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(existsSync(lock())).toBe(false)
})
