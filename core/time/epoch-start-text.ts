const TEXT = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/

/**
 * An epoch's start as `yyyyMMddTHHmmssZ`, the name that folders and the API use. Epochs are counted from 1970-01-01 UTC.
 * @throws where the start is not a whole second of the years 1 to 9999, which one name could not tell apart.
 */
export function epochStartText(epoch: number, epochMs: number): string {
  const startMs = epoch * epochMs
  const date = new Date(startMs)
  if (!Number.isInteger(startMs / 1000) || !(date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999)) {
    throw new RangeError(`epoch ${epoch} of ${epochMs} ms has no start in whole seconds of the years 1 to 9999`)
  }
  return date.toISOString().replace(/[-:]|\.000/g, '')
}

/** An epoch as a person gives it: its index, or its start. @throws where the text is neither */
export function epochOfText(text: string, epochMs: number): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : epochOfStartText(text, epochMs)
}

/** The epoch that `epochStartText` names. @throws where the text is no start of an epoch of that length. */
export function epochOfStartText(text: string, epochMs: number): number {
  const match = TEXT.exec(text)
  const [, year, month, day, hour, minute, second] = match ?? []
  const startMs = match ? Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) : Number.NaN
  const epoch = startMs / epochMs
  // the round trip refuses what Date.parse would roll over, 24:00 for one
  if (!Number.isInteger(epoch) || epochStartText(epoch, epochMs) !== text) {
    throw new Error(`"${text}" is not the start of an epoch of ${epochMs} ms, written yyyyMMddTHHmmssZ`)
  }
  return epoch + 0
}
