/**
 * One SELECT that counts a stream's ledger from its archived rows, with the columns of `compileViewSql`. `w` is the start of a
 * record's own epoch.
 *
 * @param options.accepted what FROM takes, with column `_epoch`; null: none.
 * @param options.rejected likewise with `_epoch` and `_reason`.
 * @param options.duplicates likewise with `_epoch`.
 */
export function compileLedgerSql({
  accepted,
  rejected,
  duplicates,
  epochMs,
}: {
  readonly accepted: string | null
  readonly rejected: string | null
  readonly duplicates: string | null
  readonly epochMs: number
}): string {
  const columns = (outcome: string, reason: string) =>
    `_epoch * ${epochMs} AS w, '${outcome}' AS d0, ${reason} AS d1, count(*) AS r0, CAST(0 AS BIGINT) AS r1`
  const none = 'CAST(NULL AS VARCHAR)'
  const parts = [
    ...(accepted === null ? [] : [`SELECT ${columns('accepted', none)} FROM ${accepted} GROUP BY _epoch`]),
    ...(rejected === null
      ? []
      : [`SELECT ${columns('rejected', '_reason')} FROM ${rejected} GROUP BY _epoch, _reason`]),
    ...(duplicates === null ? [] : [`SELECT ${columns('duplicate', none)} FROM ${duplicates} GROUP BY _epoch`]),
  ]
  if (parts.length > 0) return parts.join(' UNION ALL ')
  return `SELECT CAST(0 AS BIGINT) AS w, 'accepted' AS d0, ${none} AS d1, CAST(0 AS BIGINT) AS r0, CAST(0 AS BIGINT) AS r1 WHERE FALSE`
}
