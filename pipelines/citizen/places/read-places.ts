import { createHash } from 'node:crypto'
import { parse } from 'csv-parse/sync'
import { SourceError, type SourceItem, type SourcePage } from 'tandem'

/** A document of the collection. */
export interface Place {
  readonly id: string
  readonly name: string
  readonly kind: 'shop' | 'bike-rack'
  readonly category: string | null
  readonly address: string | null
  readonly capacity: number | null
  readonly lat: number
  readonly lon: number
}

type Cells = Readonly<Record<string, string>>

/** The forms of file that are understood, by the columns that only they have. */
const FORMS: readonly { readonly columns: readonly string[]; readonly read: (cells: Cells) => Place }[] = [
  {
    columns: ['place_id', 'place_name', 'category_name', 'address', 'road_address', 'lat', 'lon'],
    read: (cells) => ({
      id: cells.place_id ?? '',
      name: cells.place_name ?? '',
      kind: 'shop',
      // the path's last step: `가정,생활 > 대형마트 > 이마트`
      category: textOrNull(cells.category_name?.split('>').at(-1)),
      address: textOrNull(cells.road_address) ?? textOrNull(cells.address),
      capacity: null,
      lat: degrees(cells.lat),
      lon: degrees(cells.lon),
    }),
  },
  {
    columns: ['name', 'address', 'lat', 'lon', 'capacity'],
    read: (cells) => ({
      id: `rack-${hash([cells.name, cells.lat, cells.lon])}`,
      name: cells.name ?? '',
      kind: 'bike-rack',
      category: null,
      address: textOrNull(cells.address),
      capacity: /^\d{1,6}$/.test(cells.capacity ?? '') ? Number(cells.capacity) : null,
      lat: degrees(cells.lat),
      lon: degrees(cells.lon),
    }),
  },
]

/** The places of a CSV file. @throws SourceError of kind `shape` where it is no CSV or has other columns than expected */
export function readPlaces(page: SourcePage): readonly SourceItem[] {
  const rows = rowsOf(page)
  const [header = [], ...lines] = rows
  const form = FORMS.find(({ columns }) => columns.every((column) => header.includes(column)))
  if (form === undefined) {
    const expected = FORMS.map(({ columns }) => columns.join(', ')).join('; or ')
    throw new SourceError('shape', `${page.url}: expected the columns ${expected}`, header.join(','))
  }
  return lines.map((line) => {
    const place = form.read(Object.fromEntries(header.map((column, i) => [column, (line[i] ?? '').trim()])))
    return { id: place.id, value: place }
  })
}

function rowsOf({ url, body }: SourcePage): readonly (readonly string[])[] {
  try {
    return parse(Buffer.from(body), { bom: true, skip_empty_lines: true, relax_column_count: true })
  } catch (error) {
    const example = Buffer.from(body.subarray(0, 300)).toString('utf8')
    throw new SourceError('shape', `${url} is no CSV: ${(error as Error).message}`, example, { cause: error })
  }
}

/** Not a number where it is none, which the collection's schema then rejects by name. */
function degrees(text: string | undefined): number {
  return text === undefined || text === '' ? Number.NaN : Number(text)
}

function textOrNull(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? null : trimmed
}

function hash(parts: readonly (string | undefined)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 12)
}
