import type { Delta } from './hot-port.js'

/** A delta's ids as the arguments of the fenced call: per epoch its number, how many they are, and they as lines. */
export interface IdTexts {
  readonly texts: readonly string[]
  readonly count: number
  readonly bytes: number
}

const NONE: IdTexts = Object.freeze({ texts: Object.freeze([]), count: 0, bytes: 0 })

export function idTexts({ ids }: Delta): IdTexts {
  if (ids === undefined || ids.length === 0) return NONE
  const texts: string[] = []
  let count = 0
  let bytes = 0
  for (const group of ids) {
    const text = group.ids.join('\n')
    texts.push(`${group.epoch}`, `${group.ids.length}`, text)
    count += group.ids.length
    bytes += Buffer.byteLength(text)
  }
  return { texts, count, bytes }
}
