import { createHash } from 'node:crypto'
import type { StreamDefinition } from '../define/stream-definition.js'
import type { ViewDefinition } from '../define/view-definition.js'
import type { LiteralNode } from '../expression/expr-node.js'
import { freeze } from '../freeze.js'
import { ALGEBRA_VERSION } from '../measure/algebra-version.js'
import { registersOfView } from '../measure/registers-of.js'

const TEXT = freeze({ kind: 'text' as const })

/**
 * The built-in view that counts how a stream's records ended: `records` by `outcome` (accepted, rejected, duplicate) and
 * `reason` (null when accepted), one window per epoch. Counted by the fold and by `compileLedgerSql`, not by expressions.
 */
export function ledgerView(stream: StreamDefinition, epochMs: number): ViewDefinition {
  const measures = freeze([freeze({ name: 'records', spec: freeze({ kind: 'count' as const }) })])
  const text = (value: string | null): LiteralNode => freeze({ kind: 'literal', type: TEXT, value })
  return freeze({
    kind: 'view',
    name: `${stream.name}.ledger`,
    parts: freeze([
      freeze({
        stream,
        where: null,
        by: freeze([text('accepted'), text(null)]),
        inputs: freeze([freeze({ value: null, where: null })]),
      }),
    ]),
    dimensions: freeze([freeze({ name: 'outcome', type: TEXT }), freeze({ name: 'reason', type: TEXT })]),
    measures,
    registers: registersOfView(measures),
    windows: freeze([epochMs]),
    zone: 'UTC',
    ledger: true,
    hash: createHash('sha256')
      .update(JSON.stringify(['ledger', stream.hash, epochMs, ALGEBRA_VERSION]))
      .digest('hex'),
  })
}
