import { load } from 'cheerio'
import { SourceError, type SourcePage } from 'tandem'
import type { Offer } from './clean-products.js'

const EXAMPLE = 300

/** A page of the list: what it links to. */
export interface ListPage {
  /** Addresses of items, as absolute ones. */
  readonly items: readonly string[]
  /** Address of the next page; null on the last one. */
  readonly next: string | null
}

/** @param url where the page was fetched from, which its links are relative to. @throws SourceError of kind `shape` */
export function readListPage(page: SourcePage, url: string): ListPage {
  const text = textOf(page)
  const $ = load(text)
  const list = $('ul.products')
  if (list.length !== 1) throw shape(page, 'a list of products (ul.products)', text)
  const links = list
    .find('li a.product')
    .map((_, link) => $(link).attr('href') ?? '')
    .get()
  const next = $('a[rel=next]').attr('href') ?? null
  const absolute = (link: string): string => {
    if (link !== '' && URL.canParse(link, url)) return new URL(link, url).href
    throw shape(page, 'a link to each product', text)
  }
  return { items: [...new Set(links.map(absolute))], next: next === null ? null : absolute(next) }
}

/** What an item's page offers. @throws SourceError of kind `shape` */
export function readItemPage(page: SourcePage): Offer {
  const text = textOf(page)
  const $ = load(text)
  const item = $('article.product')
  if (item.length !== 1) throw shape(page, 'one product (article.product)', text)
  const of = (selector: string): string => {
    const found = item.find(selector).first().text().trim()
    if (found === '') throw shape(page, `a text at ${selector}`, item.html() ?? text)
    return found
  }
  const attribute = (selector: string, name: string): string => {
    const found = item.find(selector).first().attr(name)?.trim() ?? ''
    if (found === '') throw shape(page, `${name} at ${selector}`, item.html() ?? text)
    return found
  }
  const absolute = (link: string): string => {
    if (URL.canParse(link, page.url)) return new URL(link, page.url).href
    throw shape(page, 'an address of a picture', link)
  }
  const priceText = of('.price')
  const price = Number(priceText.replace(/[,\s원]/gu, ''))
  if (!Number.isSafeInteger(price) || price < 0) throw shape(page, 'a price in won', priceText)
  return {
    number: attribute('[data-number]', 'data-number'),
    mall: of('.mall'),
    title: of('h1'),
    price,
    link: page.url,
    img_link: absolute(attribute('img', 'src')),
  }
}

function textOf({ body }: SourcePage): string {
  return Buffer.from(body).toString('utf8')
}

function shape({ url }: SourcePage, expected: string, text: string): SourceError {
  return new SourceError('shape', `${url}: expected ${expected}`, text.trim().slice(0, EXAMPLE))
}
