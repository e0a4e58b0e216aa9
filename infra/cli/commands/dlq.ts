import { type Command, InvalidArgumentError } from 'commander'
import { dropLetters } from '../../../batch-layer/dead-letters/drop-letters.js'
import type { LetterDeps } from '../../../batch-layer/dead-letters/letter-deps.js'
import { type ReplayReport, replayLetters } from '../../../batch-layer/dead-letters/replay-letters.js'
import type { LetterSelection } from '../../../batch-layer/dead-letters/select-letters.js'
import { lettersOf, surveyLetters } from '../../../batch-layer/dead-letters/survey-letters.js'
import { PatchError } from '../../../core/decode/json-path.js'
import {
  LETTER_STATES,
  type LetterPlace,
  type LetterState,
  parseLetterPlace,
} from '../../../core/decode/letter-book.js'
import { type Patch, parsePatch, parseUnset } from '../../../core/decode/patch.js'
import { showLetter } from '../../../core/decode/show-letter.js'
import type { StreamDefinition } from '../../../core/define/stream-definition.js'
import { openLake } from '../../../stores/lake/index.js'
import { openExclusiveProducer, openLog } from '../../../stores/log/index.js'
import { jsonLogger } from '../../../stores/logger.js'
import { systemClock } from '../../../stores/system-clock.js'
import { openInstance } from '../../instance/instance.js'
import { pickStreams } from '../../instance/pick-streams.js'
import { UserError } from '../../instance/user-error.js'
import { printJson, printTable } from '../print.js'

interface FilterOptions {
  reason?: string
  field?: string
  partition?: number
  from?: LetterPlace
  to?: LetterPlace
  json?: boolean
}

export function addDlq(program: Command): void {
  const dlq = program.command('dlq').description('dead letters: what was refused, and what became of it')
  addList(dlq)
  addShow(dlq)
  addReplay(dlq)
  addDrop(dlq)
}

function addList(dlq: Command): void {
  filtered(dlq.command('list').description('dead letters of a stream: counts by reason, and the newest'))
    .option('--state <state>', `only those that are ${LETTER_STATES.join(', ')}`, state)
    .option('--limit <n>', 'at most', whole, 20)
    .action(
      async (name: string, { json, limit, ...filter }: FilterOptions & { state?: LetterState; limit: number }) => {
        await withLetters(name, async ({ log }, stream) => {
          const book = await surveyLetters(log, stream)
          const newest = [...book.where(filter)]
            .sort(([, a], [, b]) => b.timeMs - a.timeMs || a.partition - b.partition || b.offset - a.offset)
            .map(([key]) => key)
          const wanted = new Set(newest.slice(0, limit))
          const shown = new Map<string, ReturnType<typeof showLetter>>()
          for await (const [key, letter] of lettersOf(log, stream, wanted))
            shown.set(key, showLetter(letter, book.outcome(key)))
          const deadLetters = [...wanted].flatMap((key) => shown.get(key) ?? [])
          const counts = book.counts(filter)
          if (json) {
            return printJson({ stream: name, complete: newest.length <= limit, counts, deadLetters })
          }
          if (counts.length === 0) return console.log(`no dead letters in ${name}`)
          printTable(counts.map((count) => ({ ...count })))
          console.log()
          printTable(deadLetters, ['id', 'time', 'reason', 'field', 'value', 'expected', 'state'])
        })
      },
    )
}

function addShow(dlq: Command): void {
  dlq
    .command('show')
    .description('one dead letter whole, with the record as it was refused')
    .argument('<stream>')
    .argument('<id>', 'partition/offset, or topic/partition/offset')
    .option('--json', 'one line of JSON')
    .action(async (name: string, id: string, { json }: { json?: boolean }) => {
      await withLetters(name, async ({ log }, stream) => {
        const key = keyOf(stream, id)
        const book = await surveyLetters(log, stream)
        for await (const [, letter] of lettersOf(log, stream, new Set([key]))) {
          const whole = showLetter(letter, book.outcome(key), true)
          return json ? printJson(whole) : console.log(JSON.stringify(whole, null, 2))
        }
        throw new UserError(`There is no dead letter ${key}.`)
      })
    })
}

function addReplay(dlq: Command): void {
  filtered(dlq.command('replay').description('send the records of open letters again, patched; each letter once'))
    .argument('[ids...]', 'only these: partition/offset, or topic/partition/offset')
    .option('--set <path=value>', 'patch: JSON, text, $.path or a function, e.g. price=number($.price)', set, [])
    .option('--unset <path>', 'patch: take a field out', unset, [])
    .option('--why <text>', 'kept with the outcome')
    .option('--dry-run', 'only say what would be sent')
    .action(
      async (
        name: string,
        ids: string[],
        options: FilterOptions & { set: Patch[]; unset: Patch[]; why?: string; dryRun?: boolean },
      ) => {
        const { set: sets, unset: unsets, why = null, dryRun = false, json, ...filter } = options
        await withLetters(name, async (deps, stream) => {
          const patches = [...sets, ...unsets]
          const report = await replayLetters(deps, stream, selection(stream, ids, filter), { patches, why, dryRun })
          if (json) printJson(report)
          else printReplay(report)
        })
      },
    )
}

function addDrop(dlq: Command): void {
  filtered(dlq.command('drop').description('mark open letters as dropped: they are kept, and never replayed'))
    .argument('[ids...]', 'only these: partition/offset, or topic/partition/offset')
    .requiredOption('--why <text>', 'why they need not be replayed')
    .option('--dry-run', 'only say how many')
    .action(async (name: string, ids: string[], options: FilterOptions & { why: string; dryRun?: boolean }) => {
      const { why, dryRun = false, json, ...filter } = options
      if (why.trim() === '') throw new UserError('--why needs a reason.')
      await withLetters(name, async (deps, stream) => {
        const report = await dropLetters(deps, stream, selection(stream, ids, filter), { why, dryRun })
        if (json) return printJson(report)
        const what = dryRun ? `${report.selected} would be dropped` : `${report.dropped} dropped`
        console.log(`${what}; ${report.already} were replayed or dropped before`)
      })
    })
}

function filtered(command: Command): Command {
  return command
    .argument('<stream>')
    .option('--reason <word>', 'only those with this reason')
    .option('--field <path>', 'only those with this offending field')
    .option('--partition <n>', 'only those of this partition', whole)
    .option('--from <place>', 'from this offset, or this append time (ISO 8601), inclusive', place)
    .option('--to <place>', 'up to this offset or append time, exclusive', place)
    .option('--json', 'one line of JSON')
}

function selection(stream: StreamDefinition, ids: readonly string[], filter: FilterOptions): LetterSelection {
  return ids.length === 0 ? filter : { ...filter, keys: ids.map((id) => keyOf(stream, id)) }
}

function printReplay({ selected, replayed, refused, unpatched, unavailable, already, ...rest }: ReplayReport): void {
  const sent = rest.dryRun ? 'would be sent' : 'sent'
  console.log(
    `${selected} open = ${replayed} ${sent} + ${refused} that would be refused again + ${unpatched} that the patch does not fit + ${unavailable} not to be had whole; ${already} were replayed or dropped before`,
  )
  for (const [reason, count] of Object.entries(rest.reasons)) console.log(`  ${count} not sent: ${reason}`)
  if (rest.dryRun && rest.samples.length > 0) printTable(rest.samples.map((sample) => ({ ...sample })))
}

/** Opens what letters need, for one command. */
async function withLetters(
  name: string,
  run: (deps: LetterDeps, stream: StreamDefinition) => Promise<void>,
): Promise<void> {
  const instance = await openInstance()
  const [stream] = pickStreams(instance.catalog, [name])
  if (stream === undefined) throw new UserError(`There is no stream "${name}".`)
  const { kafka } = await instance.connections()
  const options = { clientId: 'tandem-dlq', logger: jsonLogger('cli') }
  const log = openLog(kafka, options)
  const lake = await openLake(instance.home.lake)
  try {
    const openExclusive = (holder: string) => openExclusiveProducer(kafka, holder, options)
    await run({ log, lake, clock: systemClock, openExclusive }, stream)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('there is no dead letter'))
      throw new UserError(error.message)
    throw error
  } finally {
    await lake.close()
    await log.close()
  }
}

function keyOf({ topic }: StreamDefinition, id: string): string {
  const [, given, partition, offset] = /^(?:(.+)\/)?(\d+)\/(\d+)$/.exec(id) ?? []
  if (partition === undefined || (given !== undefined && given !== topic))
    throw new UserError(`"${id}" names no dead letter of topic ${topic}: expected partition/offset.`)
  return `${topic}/${partition}/${offset}`
}

function place(text: string): LetterPlace {
  const parsed = parseLetterPlace(text)
  if (parsed === null) throw new InvalidArgumentError('Expected an offset or an instant (ISO 8601).')
  return parsed
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}

function state(text: string): LetterState {
  const found = LETTER_STATES.find((each) => each === text)
  if (found === undefined) throw new InvalidArgumentError(`Expected one of ${LETTER_STATES.join(', ')}.`)
  return found
}

function set(text: string, before: readonly Patch[]): Patch[] {
  return [...before, patched(() => parsePatch(text))]
}

function unset(text: string, before: readonly Patch[]): Patch[] {
  return [...before, patched(() => parseUnset(text))]
}

function patched(parse: () => Patch): Patch {
  try {
    return parse()
  } catch (error) {
    if (error instanceof PatchError) throw new InvalidArgumentError(error.message)
    throw error
  }
}
