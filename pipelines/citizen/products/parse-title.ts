/** Titles that say nothing certain of the bottle: with a label, with or without, whichever comes. */
const NOT_WITHOUT_LABEL = [
  '유라벨',
  '유무',
  '유/무',
  '라벨랜덤',
  '랜덤발송',
  '랜덤배송',
  '혼합발송',
  '라벨있음',
] as const

/** Words of advertising: they tell products apart that are the same. */
const PROMOTION = [
  '무료배송',
  '당일발송',
  '당일출고',
  '오늘출발',
  '특가',
  '할인',
  '세일',
  '행사',
  '이벤트',
  '증정',
  '사은품',
  '신상품',
  '베스트',
  '인기',
  '추천',
  '공식',
  '정품',
  'BEST',
  'HOT',
  'NEW',
  'SALE',
] as const

/** In millilitres or litres. An X after it leads to a quantity; another Latin letter makes it a part of a word. */
const VOLUME = /(?<![\d.,A-Z])(\d{1,4}(?:\.\d{1,3})?)\s*(ML|L|리터|밀리리터)(?![A-WYZ]|X(?!\s*\d))/u

/** A count with its unit, or a number after a sign of multiplication. */
const FACTOR =
  /(?:([X×*])\s*)?(?<![\d.,])(\d{1,4})(?![\d.,%])\s*(개입|개들이|개|입|병|팩|캔|박스|BOX|EA|PET|본|원|월|일|\+)?/gu
const NOT_UNITS = new Set(['원', '월', '일', '+'])

const MAX_QUANTITY = 10_000

/** As products are compared: upper case, one space between words. */
export function normalTitle(title: string): string {
  return title.normalize('NFC').replace(/\s+/gu, ' ').trim().toUpperCase()
}

/** Whether a title may be that of a product without a label. */
export function isWithoutLabel(title: string): boolean {
  const closed = title.replace(/\s+/gu, '')
  return !NOT_WITHOUT_LABEL.some((word) => closed.includes(word))
}

/** `500ML`, `2L`, `1.5L`: below a litre in millilitres. Null where the title names none, or none that is sold. */
export function volumeOf(title: string): string | null {
  const found = VOLUME.exec(title)
  if (found === null) return null
  const litres = found[2] === 'L' || found[2] === '리터'
  const ml = Math.round(Number(found[1]) * (litres ? 1000 : 1))
  if (!(ml >= 1 && ml <= 100_000)) return null
  return ml < 1000 ? `${ml}ML` : `${ml / 1000}L`
}

/** Pieces sold together: `20개`, `X 20`, `20병 X 2팩` (40). Null where the title names none. */
export function quantityOf(title: string): number | null {
  const rest = title.replace(VOLUME, ' ')
  let quantity: number | null = null
  for (const [, times, digits, unit] of rest.matchAll(FACTOR)) {
    if (unit !== undefined && NOT_UNITS.has(unit)) continue
    const counted = unit !== undefined
    if (quantity === null ? counted || times !== undefined : times !== undefined)
      quantity = (quantity ?? 1) * Number(digits)
  }
  return quantity !== null && quantity >= 1 && quantity <= MAX_QUANTITY ? quantity : null
}

/** The product's name: without volume, quantity, brackets of advertising and repeated words. */
export function nameOf(title: string): string {
  const bare = title
    .replace(/[[(【<][^\])】>]*[\])】>]/gu, (bracket) => (isPromotion(bracket) ? ' ' : ` ${bracket.slice(1, -1)} `))
    .replace(VOLUME, ' ')
    .replace(FACTOR, (match: string, _times: unknown, _digits: unknown, unit?: string) =>
      unit !== undefined && NOT_UNITS.has(unit) && unit !== '+' ? match : ' ',
    )
  const words = bare
    .split(/[\s,/·|~!]+/u)
    .map((word) => PROMOTION.reduce((left, promotion) => left.replace(promotion, ''), word))
    .filter((word) => /[\p{L}\p{N}]/u.test(word) && word !== 'X')
  return [...new Set(words)].join(' ')
}

function isPromotion(text: string): boolean {
  return PROMOTION.some((word) => text.includes(word)) || /\d\s*\+\s*\d/u.test(text)
}
