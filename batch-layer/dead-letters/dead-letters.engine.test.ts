import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { deadLetterKey, deadLetterOf } from '../../core/decode/dead-letter.js'
import { parsePatch } from '../../core/decode/patch.js'
import type { StreamDefinition } from '../../core/define/stream-definition.js'
import { decimal, defineStream, instant, z } from '../../core/index.js'
import { type LakeStore, openLake } from '../../stores/lake/index.js'
import { openExclusiveProducer, openLog } from '../../stores/log/index.js'
import type { LogRecord, LogStore } from '../../stores/log/log-port.js'
import { systemClock } from '../../stores/system-clock.js'
import { testConnections, uniqueName } from '../../test/support/engines.js'
import { dropLetters } from './drop-letters.js'
import { type LetterDeps, lettersName, outcomeRecord } from './letter-deps.js'
import { replayLetters } from './replay-letters.js'
import { lettersOf, surveyLetters } from './survey-letters.js'

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const { kafka } = testConnections()
const options = { clientId: 'letters-test', logger }

let log: LogStore
let lake: LakeStore
let root: string
let stream: StreamDefinition
let deps: LetterDeps

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-letters-'))
  lake = await openLake(root)
  log = openLog(kafka, options)
  deps = { log, lake, clock: systemClock, openExclusive: (name) => openExclusiveProducer(kafka, name, options) }
})

afterAll(async () => {
  await log.close()
  await lake.close()
  await rm(root, { recursive: true, force: true })
})

beforeEach(async () => {
  stream = defineStream({
    name: uniqueName('letters'),
    schema: z.object({ at: instant(), product: z.string(), price: decimal(2), padding: z.string().optional() }),
    eventTime: 'at',
    maxBytes: 70_000,
  })
  for (const name of [stream.topic, stream.dlqTopic]) await log.ensureTopic({ name, partitions: 2 })
})

const click = (price: unknown, more: object = {}) =>
  JSON.stringify({ at: new Date().toISOString(), product: 'tea', price, ...more })

/** Sends records, and writes letters of those that are refused, twice, as an owner that starts again does. */
async function sendAndRefuse(values: readonly string[]): Promise<void> {
  const from = new Map((await log.offsets(stream.topic)).map(({ partition, high }) => [partition, high]))
  await log.produce(
    stream.topic,
    values.map((value, i) => ({ key: `k${i}`, value, partition: i % 2 })),
  )
  const decoder = compileDecoder(stream)
  const letters = []
  for (const { partition, record } of await delivered(from)) {
    const decoded = decoder.decode(record.value, record.timeMs)
    if (decoded.ok) continue
    const place = { topic: stream.topic, partition, offset: record.offset, timeMs: record.timeMs }
    const letter = deadLetterOf(stream.name, stream.maxBytes, place, decoded, record.key, record.value)
    letters.push({ key: deadLetterKey(place), value: JSON.stringify(letter) })
  }
  for (let twice = 0; twice < 2; twice++) await log.produce(stream.dlqTopic, letters)
}

async function delivered(from: ReadonlyMap<number, number> = new Map()) {
  const found: { readonly partition: number; readonly record: LogRecord }[] = []
  for (const { partition, low, high } of await log.offsets(stream.topic)) {
    const start = Math.max(low, from.get(partition) ?? 0)
    if (start >= high) continue
    for await (const { records } of log.readRange({ topic: stream.topic, partition, from: start, to: high })) {
      for (const record of records) found.push({ partition, record })
    }
  }
  return found
}

const texts = async () => (await delivered()).map(({ record }) => String(record.value))
const counts = async () => (await surveyLetters(log, stream)).counts()

/** The marker that ends a transaction is written after its commit was answered. */
async function expectCounts(expected: Awaited<ReturnType<typeof counts>>): Promise<void> {
  await expect.poll(counts, { timeout: 10_000 }).toEqual(expected)
}

test('letters are replayed patched, once, into the partition they came from; the count per reason stays', async () => {
  await sendAndRefuse([click(1), click('2.5 won'), click('dear'), '{"at":', click('7 won')])
  await expectCounts([
    { reason: 'json', open: 1, replayed: 0, dropped: 0 },
    { reason: 'type', open: 3, replayed: 0, dropped: 0 },
  ])
  const patches = [parsePatch('price=number(trim(replace($.price, "won", "")))')]
  const before = await texts()
  const dry = await replayLetters(deps, stream, { reason: 'type' }, { patches, why: null, dryRun: true })
  expect(dry).toMatchObject({ selected: 3, replayed: 2, unpatched: 1, already: 0, dryRun: true })
  expect(
    dry.samples.filter(({ verdict }) => verdict === 'sent').map(({ after }) => JSON.parse(String(after)).price),
  ).toEqual(expect.arrayContaining([2.5, 7]))
  expect(await texts()).toEqual(before)

  const report = await replayLetters(deps, stream, { reason: 'type' }, { patches, why: 'won', dryRun: false })
  expect(report).toMatchObject({
    selected: 3,
    replayed: 2,
    refused: 0,
    unpatched: 1,
    reasons: { '"dear" is no number': 1 },
  })
  await expectCounts([
    { reason: 'json', open: 1, replayed: 0, dropped: 0 },
    { reason: 'type', open: 1, replayed: 2, dropped: 0 },
  ])
  const sent = (await delivered()).filter(({ record }) => before.indexOf(String(record.value)) < 0)
  expect(
    sent.map(({ partition, record }) => [partition, String(record.key), JSON.parse(String(record.value)).price]),
  ).toEqual([
    [0, 'k4', 7],
    [1, 'k1', 2.5],
  ])

  const again = await replayLetters(deps, stream, { reason: 'type' }, { patches, why: null, dryRun: false })
  expect(again).toMatchObject({ selected: 1, replayed: 0, already: 2 })
  expect(await texts()).toHaveLength(before.length + 2)
})

test('what would be refused again is not sent, and says why', async () => {
  await sendAndRefuse([click('dear'), '{}'])
  const report = await replayLetters(deps, stream, {}, { patches: [], why: null, dryRun: false })
  expect(report).toMatchObject({ selected: 2, replayed: 0, refused: 2, reasons: { type: 1, missing: 1 } })
  expect(await texts()).toHaveLength(2)
})

test('dropped letters are kept, and never replayed', async () => {
  await sendAndRefuse([click('dear'), '{"at":', '{}'])
  const dropped = await dropLetters(deps, stream, { reason: 'json' }, { why: 'cut off by the sender', dryRun: false })
  expect(dropped).toMatchObject({ selected: 1, dropped: 1, already: 0 })
  const [key] = [...(await surveyLetters(log, stream)).where({ reason: 'json' })][0] ?? []
  await expect
    .poll(async () => (await surveyLetters(log, stream)).outcome(String(key)), { timeout: 10_000 })
    .toMatchObject({ outcome: 'dropped', why: 'cut off by the sender' })
  const patches = [parsePatch(`$=${click(3)}`)]
  const replay = await replayLetters(deps, stream, { keys: [String(key)] }, { patches, why: null, dryRun: false })
  expect(replay).toMatchObject({ selected: 0, replayed: 0, already: 1 })
  await expect(
    replayLetters(deps, stream, { keys: [`${stream.topic}/0/999`] }, { patches, why: null, dryRun: false }),
  ).rejects.toThrow('there is no dead letter')
  expect(await dropLetters(deps, stream, {}, { why: 'the rest', dryRun: true })).toMatchObject({
    selected: 2,
    dropped: 0,
  })
})

test('a newer replay ends an older one: its records and outcomes are both there, or neither', async () => {
  await sendAndRefuse([click('1 won'), click('2 won')])
  const older = await deps.openExclusive(lettersName(stream.name))
  const patches = [parsePatch('price=number(trim(replace($.price, "won", "")))')]
  const newer = await replayLetters(deps, stream, {}, { patches, why: null, dryRun: false })
  expect(newer.replayed).toBe(2)
  const late = outcomeRecord({ of: `${stream.topic}/0/0`, outcome: 'replayed', atMs: 0, why: null })
  await expect(
    older.write([
      { topic: stream.topic, records: [{ key: null, value: click(1) }] },
      { topic: stream.dlqTopic, records: [late] },
    ]),
  ).rejects.toThrow()
  await older.close()
  await expectCounts([{ reason: 'type', open: 0, replayed: 2, dropped: 0 }])
  expect(await texts()).toHaveLength(4)
})

test('a letter that holds only the head of its record takes the whole from the topic, then from the lake', async () => {
  await sendAndRefuse([click(1), click(2, { padding: 'x'.repeat(80_000) })])
  const [letter] = await all()
  expect(letter?.value).toMatchObject({ encoding: 'head' })
  const patches = [parsePatch('padding="short"')]
  const dry = { patches, why: null, dryRun: true }
  expect((await replayLetters(deps, stream, {}, dry)).samples).toMatchObject([{ verdict: 'sent' }])
  if (letter === undefined) throw new Error('no letter')

  // the record is sealed, and then gone from the topic
  const { record } = (await delivered()).find(({ partition }) => partition === 1) as { record: LogRecord }
  await log.deleteRecords(stream.topic, 1, record.offset + 1)
  expect((await replayLetters(deps, stream, {}, dry)).samples).toMatchObject([
    { verdict: expect.stringContaining('holds only the first 64 KB') },
  ])
  await seal(record)
  const report = await replayLetters(deps, stream, {}, { ...dry, dryRun: false })
  expect(report).toMatchObject({ replayed: 1, unavailable: 0 })
  await expect.poll(async () => (await texts()).at(-1), { timeout: 10_000 }).toContain('"padding":"short"')
})

async function all() {
  const book = await surveyLetters(log, stream)
  const keys = new Set([...book.where({})].map(([key]) => key))
  const letters = []
  for await (const [, letter] of lettersOf(log, stream, keys)) letters.push(letter)
  return letters
}

async function seal(record: LogRecord): Promise<void> {
  const place = { stream, epoch: 1, epochMs: 3_600_000, partition: 1, from: record.offset, attempt: 'a' }
  const writer = await lake.openPart(place)
  const at = { offset: record.offset, timeMs: record.timeMs, epoch: 1 }
  writer.appendRejected(at, 'too-large', record.key, record.value)
  const to = record.offset + 1
  const partition = { partition: 1, from: record.offset, to, epoch: 2, open: false, read: 1, accepted: 0, rejected: 1 }
  await lake.seal({
    version: 1,
    stream: stream.name,
    streamHash: stream.hash,
    epoch: 1,
    epochMs: 3_600_000,
    sealedAtMs: 0,
    attempt: 'a',
    cuts: [],
    partitions: [{ ...partition, duplicates: 0, ticks: 0, last: null, lost: [], files: await writer.finish(to) }],
  })
}
