/** A lot as building energy is asked by: four digits each. */
export interface LotNumber {
  readonly bun: string
  readonly ji: string
}

/**
 * The lot in an address by legal district: the fourth word, or the fifth where the second is a county (군), which has a
 * town below it. Null where there is no number.
 */
export function lotNumberOf(address: string): LotNumber | null {
  const words = address.trim().split(/\s+/)
  const lot = words[words[1]?.endsWith('군') ? 4 : 3]
  const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(lot ?? '')
  return match === null ? null : { bun: (match[1] as string).padStart(4, '0'), ji: (match[2] ?? '0').padStart(4, '0') }
}
