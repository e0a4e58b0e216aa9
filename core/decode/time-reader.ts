import type { TimeFormat } from '../define/shape.js'

/** Reads an instant as sent: UTC ms, or NaN where it is none. */
export type TimeReader = (value: string | number) => number

export function compileTimeReader(format: TimeFormat): TimeReader {
  if (format.format === 'epoch-ms')
    return (value) => (Math.abs(value as number) <= 8.64e15 ? Math.floor(value as number) + 0 : Number.NaN)
  if (format.format === 'epoch-seconds')
    return (value) => (Math.abs(value as number) <= 8.64e12 ? Math.floor((value as number) * 1000) + 0 : Number.NaN)
  return (value) => Date.parse(String(value))
}
