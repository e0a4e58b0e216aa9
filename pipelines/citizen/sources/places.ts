import { delimiter } from 'node:path'
import { defineSource, SourceError } from 'tandem'
import { places } from '../collections.js'
import { readPlaces } from '../places/read-places.js'

/** Shops and bicycle racks, from CSV files. */
export const placesSource = defineSource({
  name: 'places',
  description: 'shops and bicycle racks: CSV files, by path or address',
  into: places,
  settings: {
    files: { env: 'TANDEM_PLACES', about: 'paths separated as in PATH, or addresses separated by spaces' },
  },
  async crawl(io) {
    const { files } = io.settings
    if (files === undefined) throw new SourceError('key', 'there are no files of places: set TANDEM_PLACES')
    for (const file of namesOf(files)) {
      if (/^https?:/.test(file)) await io.get(file, { kind: 'places' })
      else await io.file(file, { kind: 'places' })
    }
  },
  read: readPlaces,
})

/** An address holds the sign that separates paths. */
function namesOf(text: string): readonly string[] {
  return text
    .split(/\s+(?=\S)/u)
    .flatMap((part) => (/^https?:/.test(part) ? [part] : part.split(delimiter)))
    .filter(Boolean)
}
