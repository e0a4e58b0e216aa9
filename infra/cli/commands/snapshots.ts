import type { Command } from 'commander'
import { z } from 'zod'
import { SNAPSHOT_ACTIONS, type SnapshotAction } from '../../../core/seam/index.js'
import { jsonLogger } from '../../../stores/logger.js'
import { openWorkflows } from '../../../workflows/client.js'
import { openInstance } from '../../instance/instance.js'
import { callApi } from '../call-api.js'
import { printJson, printTable } from '../print.js'

const Listed = z.looseObject({
  id: z.string(),
  stream: z.string(),
  publishedAt: z.string(),
  reason: z.string(),
  inForce: z.boolean(),
  segments: z.number(),
  boundary: z.record(z.string(), z.unknown()),
})
const Held = z.looseObject({
  id: z.string(),
  stream: z.string(),
  reason: z.string(),
  heldAt: z.string(),
  changedWindows: z.number(),
  because: z.array(z.string()),
})
const List = z.object({ snapshots: z.array(Listed), held: z.array(Held) })
const Value = z.unknown()
const Diff = z.looseObject({
  windows: z.number(),
  changedWindows: z.number(),
  because: z.array(z.string()),
  views: z.array(
    z.looseObject({
      view: z.string(),
      redefined: z.boolean(),
      windows: z.number(),
      changedWindows: z.number(),
      rowsAdded: z.number(),
      rowsRemoved: z.number(),
      rowsChanged: z.number(),
      totals: z.array(z.object({ measure: z.string(), before: Value, after: Value })),
      movers: z.array(
        z.object({
          measure: z.string(),
          window: z.string(),
          dimensions: z.record(z.string(), z.string().nullable()),
          before: z.number().nullable(),
          after: z.number().nullable(),
        }),
      ),
    }),
  ),
})

const ACTIONS: Readonly<Record<SnapshotAction, string>> = {
  rollback: 'put the contents of an older snapshot back in force for what it covered; later epochs stay',
  approve: 'publish a held snapshot',
  reject: 'drop a held snapshot',
}

export function addSnapshots(program: Command): void {
  const snapshots = program.command('snapshots').description('what was published, what is held, and deciding about it')

  snapshots
    .command('list')
    .description('snapshots, newest first; held ones too')
    .option('--stream <name>', 'only of this stream')
    .option('--limit <n>', 'at most so many', '20')
    .option('--json', 'one line of JSON')
    .action(async ({ stream, limit, json }: { stream?: string; limit: string; json?: boolean }) => {
      const query = new URLSearchParams({ limit, ...(stream === undefined ? {} : { stream }) })
      const { snapshots: found, held } = List.parse(await callApi(`/v1/snapshots?${query}`))
      if (json) return printJson({ snapshots: found, held })
      printTable(
        found.map(({ id, stream: of, publishedAt, reason, inForce, segments }) => ({
          id,
          stream: of,
          publishedAt,
          reason,
          segments,
          inForce: inForce ? 'in force' : '',
        })),
      )
      if (held.length === 0) return
      console.log('\nHeld until somebody decides (tandem snapshots diff|approve|reject <id>):')
      printTable(
        held.map(({ id, stream: of, heldAt, reason, changedWindows }) => ({
          id,
          stream: of,
          heldAt,
          reason,
          changedWindows,
        })),
      )
      for (const reason of held.flatMap(({ because }) => because)) console.log(reason)
    })

  snapshots
    .command('show')
    .description('one snapshot: boundary, views and imports')
    .argument('<id>')
    .option('--json', 'one line of JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const shown = await callApi(`/v1/snapshots/${encodeURIComponent(id)}`)
      if (json) return printJson(shown)
      console.log(JSON.stringify(shown, null, 2))
    })

  snapshots
    .command('diff')
    .description('what a snapshot says else than the one before it, or than another; of a held one, what would change')
    .argument('<id>')
    .argument('[with]', 'default: the one that it was built on')
    .option('--json', 'one line of JSON')
    .action(async (id: string, other: string | undefined, { json }: { json?: boolean }) => {
      const query = other === undefined ? '' : `?with=${encodeURIComponent(other)}`
      const answer = await callApi(`/v1/snapshots/${encodeURIComponent(id)}/diff${query}`)
      if (json) return printJson(answer)
      printDiff(Diff.parse(answer))
    })

  for (const action of SNAPSHOT_ACTIONS) {
    snapshots
      .command(action)
      .description(ACTIONS[action])
      .argument('<id>')
      .option('--reason <text>', 'why, as the Temporal UI shows it', 'manual')
      .option('--json', 'one line of JSON')
      .action(async (id: string, { reason, json }: { reason: string; json?: boolean }) => {
        const instance = await openInstance()
        const workflows = await openWorkflows(await instance.connections(), { logger: jsonLogger('cli') })
        try {
          const decided = await workflows.decideSnapshot(action, id, reason)
          if (json) return printJson({ action, ...decided })
          printTable([{ action, stream: decided.stream, state: decided.state, snapshot: decided.snapshot }])
        } finally {
          await workflows.close()
        }
      })
  }
}

function printDiff({ windows, changedWindows, views, because }: z.infer<typeof Diff>): void {
  for (const { totals, movers, ...view } of views) {
    printTable([view])
    if (totals.length > 0) printTable(totals.map((total) => ({ ...total })))
    if (movers.length > 0) {
      printTable(movers.map(({ dimensions, ...mover }) => ({ ...mover, row: Object.values(dimensions).join(' · ') })))
    }
    console.log()
  }
  console.log(`${changedWindows} of ${windows} windows say something else`)
  for (const reason of because) console.log(reason)
}
