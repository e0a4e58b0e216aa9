import { sha256Hex } from './sha256-hex.js'

/**
 * Name of the keyspace shared by a stream's views, its ledger included: one fold, one `next` and one call serve them all.
 * The order of the views does not matter; a changed, added or removed view gives another name.
 *
 * @returns the first 16 hex digits of the hash of the sorted view hashes
 */
export function viewSetOf(views: readonly { readonly hash: string }[]): string {
  return sha256Hex([...new Set(views.map((view) => view.hash))].sort().join('\n')).slice(0, 16)
}
