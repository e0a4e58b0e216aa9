import type { Delta } from './hot-port.js'

/** Refuses what no store may write: a delta without offsets, a number that is not whole, text that would break the format. */
export function checkDelta(where: string, delta: Delta): void {
  for (const name of ['from', 'to', 'epoch', 'floor'] as const) {
    if (!Number.isSafeInteger(delta[name]))
      throw new RangeError(`${where}: ${name} is ${delta[name]}, not a whole number`)
  }
  if (delta.maxEventTimeMs !== null && !Number.isSafeInteger(delta.maxEventTimeMs)) {
    throw new RangeError(`${where}: maxEventTimeMs is ${delta.maxEventTimeMs}, not a whole number`)
  }
  if (delta.to <= delta.from)
    throw new RangeError(`${where}: a delta from offset ${delta.from} to ${delta.to} covers nothing`)
  for (const { epoch, ids } of delta.ids ?? []) {
    if (epoch !== delta.epoch && epoch !== delta.epoch - 1)
      throw new RangeError(`${where}: ids of epoch ${epoch} in a delta that ends in epoch ${delta.epoch}`)
    if (ids.length === 0) throw new RangeError(`${where}: an empty list of ids of epoch ${epoch}`)
  }
  if (!delta.nonce || !delta.generation) throw new RangeError(`${where}: a delta needs a nonce and a generation`)
}
