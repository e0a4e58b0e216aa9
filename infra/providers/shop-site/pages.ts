import type { ShopItem } from './offers.js'

/** Items of one page of the list. */
export const PAGE_SIZE = 10

export function listPage(items: readonly ShopItem[], page: number): string {
  const pages = Math.max(1, Math.ceil(items.length / PAGE_SIZE))
  const shown = items.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
  const links = shown.map(
    ({ number, title }) => `<li><a class="product" href="/products/${number}">${escaped(title)}</a></li>`,
  )
  const next = page < pages ? `<a rel="next" href="/products?page=${page + 1}">다음</a>` : ''
  return html(
    `상품 ${page}/${pages}`,
    `<ul class="products">${links.join('')}</ul><nav>${next}<a href="/cart">장바구니</a></nav>`,
  )
}

export function itemPage({ number, mall, title, price }: ShopItem): string {
  return html(
    title,
    `<article class="product"><h1>${escaped(title)}</h1><img src="/images/${number}.png" alt="">
<p class="mall">${escaped(mall)}</p><p class="price">${price.toLocaleString('en-US')}원</p>
<button data-number="${number}">담기</button></article>`,
  )
}

/** Its shop is for everybody, its carts are not. */
export const ROBOTS = 'User-agent: *\nDisallow: /cart\nAllow: /\n'

function html(title: string, body: string): string {
  return `<!doctype html><html lang="ko"><head><meta charset="utf-8"><title>${escaped(title)}</title></head><body>${body}</body></html>\n`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
