import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { z } from 'zod'
import type { EncodedCell } from '../../core/cell/cell.js'
import type { ViewDefinition } from '../../core/define/view-definition.js'
import { parseWindow } from '../../core/define/window.js'
import { UserError } from '../instance/user-error.js'
import type { Prefix } from './load-stream.js'
import type { ColdPart } from './windows.js'

/** Every cell of a view at its finest window, as one answer, and what that answer is a recount of. */
export interface WholeAnswer {
  /** Per stream. */
  readonly prefix: Readonly<Record<string, Prefix>>
  /** Per stream, the imported files that count beside it, by sha256. */
  readonly imports: Readonly<Record<string, readonly string[]>>
  /** Stretches that it has in coarse windows alone. */
  readonly cold: readonly ColdPart[]
  readonly cells: readonly EncodedCell[]
}

const Head = z.looseObject({
  viewHash: z.string(),
  provenance: z.looseObject({
    prefix: z.record(z.string(), z.record(z.string(), z.number())),
    imports: z.record(z.string(), z.array(z.string())),
    tiers: z.array(z.object({ tier: z.string(), from: z.string(), to: z.string(), resolution: z.string() })),
  }),
})
const Line = z.object({ key: z.string(), registers: z.string() })

/**
 * Reads `GET /v1/views/:view/cells`: first a line that says what the answer is, then one line per cell.
 *
 * @throws UserError where another definition of the view answers than is to be recounted
 */
export async function wholeAnswer(
  api: string,
  { name: view, hash }: Pick<ViewDefinition, 'name' | 'hash'>,
): Promise<WholeAnswer> {
  const response = await fetch(new URL(`/v1/views/${encodeURIComponent(view)}/cells`, api))
  if (!response.ok || !response.body)
    throw new UserError(`${view}: the API answered ${response.status}: ${await response.text()}`)
  const lines = createInterface({ input: Readable.fromWeb(response.body as import('node:stream/web').ReadableStream) })
  let head: z.infer<typeof Head> | undefined
  const cells: EncodedCell[] = []
  for await (const line of lines) {
    if (head) cells.push(Line.parse(JSON.parse(line)))
    else head = Head.parse(JSON.parse(line))
  }
  if (!head) throw new UserError(`${view}: the API answered nothing.`)
  if (head.viewHash !== hash)
    throw new UserError(`${view} is restating: its earlier definition answers. Verify once today's has taken over.`)
  const { prefix, imports, tiers } = head.provenance
  const cold = tiers
    .filter(({ tier }) => tier === 'cold')
    .map(({ from, to, resolution }) => ({
      fromMs: Date.parse(from),
      toMs: Date.parse(to),
      sizeMs: parseWindow(view, resolution),
    }))
  return { prefix, imports, cold, cells }
}
