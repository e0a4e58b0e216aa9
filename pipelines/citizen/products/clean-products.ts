import { isWithoutLabel, nameOf, normalTitle, quantityOf, volumeOf } from './parse-title.js'

/** A product as a mall offers it. */
export interface Offer {
  /** Number of the offer at its mall. */
  readonly number: string
  readonly mall: string
  readonly title: string
  /** Won, for all pieces. */
  readonly price: number
  readonly link: string
  readonly img_link: string
}

/** A document of the collection. */
export interface Product {
  readonly id: string
  readonly title: string
  readonly volume: string
  readonly quantity: number
  readonly price: number
  /** Won per piece, two decimals. */
  readonly price_unit: number
  readonly mall: string
  readonly link: string
  readonly img_link: string
}

/** What is appended to an offer's number to make it a product's id. */
export const MALLS: Readonly<Record<string, string>> = Object.freeze({ 한강몰: '01', 들마켓: '02', 새벽장: '03' })

/** An offer's id; a mall that is not listed has none. */
export function productId({ number, mall }: Pick<Offer, 'number' | 'mall'>): string | null {
  const suffix = MALLS[mall]
  return suffix === undefined ? null : `${number}${suffix}`
}

/**
 * First tier, mall by mall: titles in one form, of equal titles the cheapest, without those that may have a label; volume,
 * quantity and name read from the title.
 */
export function cleanMall(offers: readonly Offer[]): readonly (Offer & Pick<Product, 'id'>)[] {
  const named = offers.flatMap((offer) => {
    const id = productId(offer)
    const title = normalTitle(offer.title)
    return id === null || title === '' || !isWithoutLabel(title) ? [] : [{ ...offer, title, id }]
  })
  return cheapest(named, ({ title, mall }) => `${mall} ${title}`)
}

/** Second tier, all malls together: what has a name, a volume, a quantity and a price; of equal name and volume the cheapest piece. */
export function cleanProducts(offers: readonly Offer[]): readonly Product[] {
  const products = cleanMall(offers).flatMap(({ id, title: text, price, mall, link, img_link }): Product[] => {
    const [title, volume, quantity] = [nameOf(text), volumeOf(text), quantityOf(text)]
    if (title === '' || volume === null || quantity === null || !(price > 0)) return []
    return [{ id, title, volume, quantity, price, price_unit: unitPrice(price, quantity), mall, link, img_link }]
  })
  const kept = cheapest(
    products,
    ({ title, volume }) => `${volume} ${title}`,
    ({ price_unit }) => price_unit,
  )
  return [...kept].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** Half away from zero, in hundredths of a won. */
export function unitPrice(price: number, quantity: number): number {
  return Math.round((price * 100) / quantity) / 100
}

/** Of those with one key the cheapest; of equally cheap ones the one whose id comes first, whatever their order. */
function cheapest<T extends { readonly id: string; readonly price: number }>(
  items: readonly T[],
  keyOf: (item: T) => string,
  costOf: (item: T) => number = ({ price }) => price,
): readonly T[] {
  const kept = new Map<string, T>()
  for (const item of items) {
    const key = keyOf(item)
    const before = kept.get(key)
    const less = before === undefined ? -1 : costOf(item) - costOf(before)
    if (before === undefined || less < 0 || (less === 0 && item.id < before.id)) kept.set(key, item)
  }
  return [...kept.values()]
}
