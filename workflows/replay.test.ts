import { readdirSync, readFileSync } from 'node:fs'
import { Worker } from '@temporalio/worker'
import { expect, test } from 'vitest'
import { installRuntime } from './temporal-runtime.js'
import { workflowBundle } from './workflow-bundle.js'

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
const folder = new URL('./histories/', import.meta.url)
const histories = readdirSync(folder).filter((name) => name.endsWith('.json'))

/** What is read of a history beside the SDK. */
interface Recorded {
  readonly events: readonly [{ readonly workflowExecutionStartedEventAttributes: { readonly workflowId: string } }]
}

// A run that is under way when a worker is replaced goes on with the new code, from its history. Changed code that would
// go another way than recorded runs went fails here before it fails there.
test.each(histories)("today's workflows go the way that was recorded: %s", { timeout: 60_000 }, async (name) => {
  installRuntime(logger)
  const history = JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recorded
  // ids of child runs are made from their parent's
  const { workflowId } = history.events[0].workflowExecutionStartedEventAttributes
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle(logger) }, history, workflowId)
})

test('every way that matters is recorded', () => {
  expect(histories).toEqual([
    'backfill-by-pieces.json',
    'backfill-cancelled.json',
    'backfill-paused.json',
    'backfill.json',
    'decide-snapshot.json',
    'import-file.json',
    'restate.json',
    'retain.json',
    'seal-epoch-late-parity.json',
    'seal-epoch-restating.json',
    'seal-epoch-stale-segments.json',
    'seal-epoch.json',
    'weekly-refresh-failures.json',
    'weekly-refresh-stale.json',
    'weekly-refresh-wait.json',
    'weekly-refresh.json',
  ])
})
