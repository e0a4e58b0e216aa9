import { SourceError } from '../../core/define/source-definition.js'

/** Reads a body, up to a bound. @throws SourceError of kind `refused` where it is larger */
export async function readBody(response: Response, maxBytes: number, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.byteLength
    // Leaving the loop cancels the stream.
    if (bytes > maxBytes) throw new SourceError('refused', `${name} is larger than ${maxBytes} bytes`)
    parts.push(part)
  }
  return new Uint8Array(Buffer.concat(parts))
}
