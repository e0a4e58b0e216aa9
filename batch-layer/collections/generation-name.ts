import { createHash } from 'node:crypto'
import type { CollectionDefinition } from '../../core/define/collection-definition.js'

/** Names a generation by what it is made of: another definition or another run fills another one. */
export function generationName({ hash }: Pick<CollectionDefinition, 'hash'>, run: string): string {
  return `${hash.slice(0, 8)}-${createHash('sha256').update(run).digest('hex').slice(0, 12)}`
}
