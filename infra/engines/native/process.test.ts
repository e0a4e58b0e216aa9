import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EngineError } from '../engine-error.js'
import { killProcess, type ProcessSpec, processStatus, signalProcess, startProcess, stopProcess } from './process.js'

let folder: string
let spec: ProcessSpec

/** A Node program that runs until something ends it. */
const program = (script: string): ProcessSpec => ({
  name: 'sample',
  command: process.execPath,
  args: ['-e', script],
  env: process.env,
  cwd: folder,
  logFile: join(folder, 'logs', 'sample.log'),
  pidFile: join(folder, 'run', 'sample.pid'),
})

async function logHas(text: string): Promise<void> {
  await expect.poll(() => readFile(spec.logFile, 'utf8'), { timeout: 10_000 }).toContain(text)
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-process-'))
  spec = program('console.log("running"); setInterval(() => {}, 1000)')
})
afterEach(async () => {
  await killProcess(spec.pidFile)
  await rm(folder, { recursive: true })
})

test('a started process is found by its pid file and writes to its log', async () => {
  const pid = await startProcess(spec)
  await logHas('running')
  expect(await processStatus(spec.pidFile)).toMatchObject({ pid })
  expect((await processStatus(spec.pidFile))?.rssMiB).toBeGreaterThan(5)
})

test('starting what runs starts nothing', async () => {
  const pid = await startProcess(spec)
  expect(await startProcess(spec)).toBe(pid)
})

test('stop asks first: a process may end in its own way', async () => {
  spec = program(
    'process.on("SIGTERM", () => { console.log("goodbye"); process.exit() }); console.log("running"); setInterval(() => {}, 1000)',
  )
  await startProcess(spec)
  await logHas('running')
  expect(await stopProcess(spec.pidFile)).toBe(true)
  await logHas('goodbye')
  expect(await processStatus(spec.pidFile)).toBeNull()
})

test('a process that ignores SIGTERM is killed after the grace', async () => {
  spec = program('process.on("SIGTERM", () => {}); console.log("running"); setInterval(() => {}, 1000)')
  await startProcess(spec)
  await logHas('running')
  expect(await stopProcess(spec.pidFile, 100)).toBe(true)
  expect(await processStatus(spec.pidFile)).toBeNull()
})

test('a process that stands still is stopped as well', async () => {
  await startProcess(spec)
  await logHas('running')
  expect(await signalProcess(spec.pidFile, 'SIGSTOP')).toBe(true)
  expect(await stopProcess(spec.pidFile, 5_000)).toBe(true)
})

test('kill takes the children along', async () => {
  const child = 'setInterval(() => {}, 1000); console.log("child " + process.pid)'
  spec = program(
    `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" }); setInterval(() => {}, 1000)`,
  )
  await startProcess(spec)
  await logHas('child')
  const childPid = Number(/child (\d+)/.exec(await readFile(spec.logFile, 'utf8'))?.[1])
  expect(await killProcess(spec.pidFile)).toBe(true)
  await expect.poll(() => isAlive(childPid), { timeout: 5_000 }).toBe(false)
})

test('a recycled pid is not ours: neither seen nor killed', async () => {
  await startProcess(spec)
  const recorded = JSON.parse(await readFile(spec.pidFile, 'utf8'))
  const other = join(folder, 'other.pid')
  await writeFile(other, JSON.stringify({ ...recorded, startTime: 'another time' }))
  expect(await processStatus(other)).toBeNull()
  expect(await killProcess(other)).toBe(false)
  expect(await processStatus(spec.pidFile)).not.toBeNull()
})

test('a program that does not exist is one sentence', async () => {
  const missing = { ...spec, command: join(folder, 'nothing-here') }
  await expect(startProcess(missing)).rejects.toThrow(
    new EngineError(`sample cannot be started: ${missing.command} was not found.`),
  )
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false // ESRCH: it has ended
  }
}
