import { z } from 'zod'
import { ledgerView } from '../compile/ledger-view.js'
import type { ExprNode } from '../expression/expr-node.js'
import { registersOfView } from '../measure/registers-of.js'
import { viewSetOf } from '../seam/view-set.js'
import { deepFreeze } from './deep-freeze.js'
import type { StreamDefinition } from './stream-definition.js'
import { streamHash } from './stream-hash.js'
import type { PartInput, ViewDefinition } from './view-definition.js'
import { viewHash } from './view-hash.js'

/** A stream with all the views of its fold: what one keyspace of hot state is made by. */
export interface ViewSet {
  readonly stream: StreamDefinition
  readonly epochMs: number
  /** Views fed by the stream, its ledger last. */
  readonly views: readonly ViewDefinition[]
}

const part = z.looseObject({ stream: z.string(), inputs: z.array(z.unknown()) })
const stored = z.object({
  version: z.literal(1),
  stream: z.string(),
  epochMs: z.int().positive(),
  streams: z.array(z.looseObject({ kind: z.literal('stream'), hash: z.string(), name: z.string() })),
  views: z.array(z.looseObject({ kind: z.literal('view'), hash: z.string(), name: z.string(), parts: z.array(part) })),
})

/**
 * A view set as JSON text, from which `readViewSet` makes it again wherever its pipeline is not loaded any more. The
 * ledger follows from the rest and is left out, and so are the zod schemas, which nothing at run time needs.
 */
export function writeViewSet({ stream, epochMs, views }: ViewSet): string {
  const fed = views.filter((view) => !view.ledger)
  const streams = new Map(
    [stream, ...fed.flatMap((view) => view.parts.map((one) => one.stream))].map((s) => [s.hash, s]),
  )
  const data: z.input<typeof stored> = {
    version: 1,
    stream: stream.hash,
    epochMs,
    streams: [...streams.values()].map((one) => ({ ...one })),
    views: fed.map((view) => ({
      ...view,
      parts: view.parts.map((one) => ({ ...one, stream: one.stream.hash, inputs: [...one.inputs] })),
    })),
  }
  return JSON.stringify(data)
}

/**
 * Reads what `writeViewSet` wrote. Every hash is computed again from what was read: one that differs was written by a
 * version with another algebra, whose numbers this one cannot make.
 *
 * @returns null where this version cannot compute it
 * @throws where the text is no view set
 */
export function readViewSet(text: string): ViewSet | null {
  const data = stored.parse(JSON.parse(text))
  const streams = new Map<string, StreamDefinition>()
  for (const one of data.streams) {
    // its hash, computed below, covers all that decodes; the rest are settings
    const definition = deepFreeze(one) as unknown as StreamDefinition
    if (streamHash(definition) !== one.hash) return null
    streams.set(one.hash, definition)
  }
  const named = (hash: string): StreamDefinition => {
    const found = streams.get(hash)
    if (found === undefined) throw new Error(`a stored view set names a stream ${hash} that it does not hold`)
    return found
  }
  const views: ViewDefinition[] = []
  for (const { hash, parts, ...rest } of data.views) {
    const read = {
      ...(rest as unknown as Omit<ViewDefinition, 'hash' | 'parts'>),
      parts: parts.map(({ stream, inputs, ...others }) => ({
        ...(others as { readonly where: ExprNode | null; readonly by: readonly ExprNode[] }),
        stream: named(stream),
        // JSON has no undefined: a measure that the part does not name came back as null
        inputs: inputs.map((input) => (input ?? undefined) as PartInput | undefined),
      })),
    }
    const view = { ...read, registers: registersOfView(read.measures) }
    if (viewHash(view) !== hash) return null
    views.push(deepFreeze({ ...view, hash }))
  }
  const stream = named(data.stream)
  return { stream, epochMs: data.epochMs, views: [...views, ledgerView(stream, data.epochMs)] }
}

/** Name of the set's keyspace. */
export function nameOfViewSet({ views }: Pick<ViewSet, 'views'>): string {
  return viewSetOf(views)
}

/**
 * The set with today's settings of its stream: topic, dead-letter topic, key, lateness and partitions change no row and
 * are not part of a definition's hash.
 */
export function withSettingsOf({ stream, ...rest }: ViewSet, today: StreamDefinition): ViewSet {
  const { topic, dlqTopic, key, allowedLatenessMs, partitions } = today
  return { ...rest, stream: Object.freeze({ ...stream, topic, dlqTopic, key, allowedLatenessMs, partitions }) }
}
