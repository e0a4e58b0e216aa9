import { SourceError, type SourcePage } from '../../core/define/source-definition.js'

const EXAMPLE_CHARACTERS = 300

/** For a page that whoever reads it does not understand, whatever it threw. */
export function shapeError(page: SourcePage, error: unknown): SourceError {
  const what = error instanceof Error ? error.message : String(error)
  const example =
    error instanceof SourceError && error.example !== null
      ? error.example
      : Buffer.from(page.body.subarray(0, EXAMPLE_CHARACTERS * 4))
          .toString('utf8')
          .slice(0, EXAMPLE_CHARACTERS)
  const where = what.includes(page.url) ? '' : `${page.kind} page ${page.url}: `
  return new SourceError('shape', `${where}${what}`, example, { cause: error })
}
