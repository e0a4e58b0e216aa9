#!/usr/bin/env node
import { Command, CommanderError } from 'commander'
import { addBackfill } from './commands/backfill.js'
import { addBench } from './commands/bench.js'
import { addCollections } from './commands/collections.js'
import { addDemo } from './commands/demo.js'
import { addDlq } from './commands/dlq.js'
import { addDown } from './commands/down.js'
import { addImport } from './commands/import.js'
import { addImports } from './commands/imports.js'
import { addLayers } from './commands/layers.js'
import { addProduce } from './commands/produce.js'
import { addQuery } from './commands/query.js'
import { addRefresh } from './commands/refresh.js'
import { addRetain } from './commands/retain.js'
import { addRuns } from './commands/runs.js'
import { addSeal } from './commands/seal.js'
import { addSnapshots } from './commands/snapshots.js'
import { addStart } from './commands/start.js'
import { addStatus } from './commands/status.js'
import { addStream } from './commands/stream.js'
import { addUp } from './commands/up.js'
import { addVerify } from './commands/verify.js'
import { reportError } from './report-error.js'

const program = new Command('tandem')
  .description('One definition, two layers, one exact answer.')
  .showHelpAfterError()
  .exitOverride()

for (const add of [
  addUp,
  addDown,
  addStatus,
  addStart,
  addDemo,
  addProduce,
  addImport,
  addImports,
  addQuery,
  addSeal,
  addRefresh,
  addRetain,
  addRuns,
  addBackfill,
  addSnapshots,
  addStream,
  addCollections,
  addVerify,
  addBench,
  addDlq,
  addLayers,
])
  add(program)

try {
  await program.parseAsync(process.argv)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode
  else process.exitCode = reportError(error)
}
