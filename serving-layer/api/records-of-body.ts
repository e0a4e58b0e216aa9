import { isUtf8 } from 'node:buffer'
import { ProblemError } from './problem.js'
import { splitJsonArray } from './split-json-array.js'

/** One record of a request: its text as sent, and its place. */
export interface SentRecord {
  /** Place in the array or among the lines that are not blank, from 0. */
  readonly index: number
  readonly text: string
}

/** Records that one request may bring. */
export const MAX_RECORDS = 20_000

/** A JSON object, an array of them, or NDJSON. @throws ProblemError where the body as a whole cannot be read */
export function recordsOfBody(contentType: string | undefined, body: Uint8Array): readonly SentRecord[] {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const lines = type === 'application/x-ndjson' || type === 'application/jsonl'
  if (!lines && type !== 'application/json') {
    throw invalid(
      415,
      `content type "${type}" cannot be read: expected application/json or application/x-ndjson`,
      'Content-Type',
    )
  }
  if (!isUtf8(body)) throw invalid(400, 'the body is not UTF-8')
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const texts = lines
    ? text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '')
    : textsOfJson(text.trim())
  if (texts.length === 0)
    throw invalid(400, 'the body holds no record: expected a JSON object, an array of them, or NDJSON')
  if (texts.length > MAX_RECORDS)
    throw invalid(413, `the body holds ${texts.length} records: expected at most ${MAX_RECORDS}`)
  return texts.map((record, index) => ({ index, text: record }))
}

function textsOfJson(text: string): readonly string[] {
  if (!text.startsWith('[')) return text === '' ? [] : [text]
  try {
    JSON.parse(text)
  } catch (cause) {
    throw invalid(400, `the array is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  return splitJsonArray(text)
}

function invalid(status: number, detail: string, parameter = 'body'): ProblemError {
  return new ProblemError({ type: '/problems/invalid-body', title: 'Invalid body', status, detail, parameter })
}
