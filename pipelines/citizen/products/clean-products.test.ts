import { describe, expect, test } from 'vitest'
import { cleanMall, cleanProducts, type Offer, unitPrice } from './clean-products.js'
import { isWithoutLabel, nameOf, normalTitle, quantityOf, volumeOf } from './parse-title.js'

describe('titles', () => {
  test.each([
    ['삼다수 무라벨 500ML 20개', '500ML', 20],
    ['생수 2L X 6', '2L', 6],
    ['생수 2LX6', '2L', 6],
    ['탄산수 1.5리터 12병', '1.5L', 12],
    ['탄산수 1500ML 12병', '1.5L', 12],
    ['보리차 0.5L×24개입', '500ML', 24],
    ['콜라 355ML 24캔 X 2박스', '355ML', 48],
    ['20개 X 500ML 무라벨', '500ML', 20],
    ['헛개차 300ML 5+1 6병', '300ML', 6],
    ['커피 10% 할인 1L 9팩', '1L', 9],
    ['생수 2L 3000원', '2L', null],
    ['생수 2L', '2L', null],
    ['생수 24병', null, 24],
    ['1LABEL 생수 6개', null, 6],
    ['생수 0ML 6개', null, 6],
    ['생수 2L 0개', '2L', null],
    ['생수500ML20개', '500ML', 20],
  ])('%s: %s, %s', (title, volume, quantity) => {
    expect([volumeOf(title), quantityOf(title)]).toEqual([volume, quantity])
  })

  test.each([
    ['[무료배송] 삼다수 무라벨 500ML 20개', '삼다수 무라벨'],
    ['삼다수 (무라벨) 500ML X 20', '삼다수 무라벨'],
    ['생수 생수 무라벨 특가! 2L 6병', '생수 무라벨'],
    ['BEST 탄산수/라임 1+1 500ML 20개', '탄산수 라임'],
    ['[1+1] 탄산수 500ML 20개', '탄산수'],
    ['2L 6병', ''],
  ])('%s is named %s', (title, name) => {
    expect(nameOf(title)).toBe(name)
  })

  test.each(['생수 유라벨 2L', '생수 라벨 유무 선택', '탄산수 유/무 라벨', '생수 랜덤 발송', '라벨랜덤 생수'])(
    '%s may have a label',
    (title) => {
      expect(isWithoutLabel(title)).toBe(false)
    },
  )

  test('titles are compared in upper case, in one Unicode form, with single spaces', () => {
    expect(normalTitle('  무라벨\t생수 500ml ')).toBe('무라벨 생수 500ML')
    expect(isWithoutLabel('무라벨 생수')).toBe(true)
  })
})

const offer = (number: string, title: string, price: number, mall = '한강몰'): Offer => ({
  ...{ number, title, price, mall, link: `/${number}`, img_link: `/${number}.png` },
})

describe('products', () => {
  test('first tier: one of equal titles of a mall, the cheapest, under an id of its mall', () => {
    const kept = cleanMall([
      offer('1', '생수 2l 6병', 6_000),
      offer('2', '생수  2L 6병', 5_000),
      offer('2', '생수 2L 6병', 7_000, '들마켓'),
      offer('3', '유라벨 생수 2L 6병', 100),
      offer('4', '생수 2L 6병', 100, '어딘가'),
    ])
    expect(kept.map(({ id, price, title }) => [id, price, title])).toEqual([
      ['201', 5_000, '생수 2L 6병'],
      ['202', 7_000, '생수 2L 6병'],
    ])
  })

  test('second tier: name, volume, quantity and price are needed; of equal name and volume the cheapest piece stays', () => {
    const offers = [
      offer('1', '생수 2L 6병', 6_000),
      offer('2', '[특가] 생수 2L 12병', 10_000, '들마켓'),
      offer('3', '생수 500ML 20개', 7_000),
      offer('4', '생수 2L', 900),
      offer('5', '생수 6병', 900),
      offer('6', '생수 1L 6병', 0),
      offer('7', '2L 6병', 900),
    ]
    const products = cleanProducts(offers)
    expect(products).toEqual([
      {
        ...{ id: '202', title: '생수', volume: '2L', quantity: 12, price: 10_000, price_unit: 833.33, mall: '들마켓' },
        ...{ link: '/2', img_link: '/2.png' },
      },
      {
        ...{ id: '301', title: '생수', volume: '500ML', quantity: 20, price: 7_000, price_unit: 350, mall: '한강몰' },
        ...{ link: '/3', img_link: '/3.png' },
      },
    ])
    expect(cleanProducts([...offers].reverse())).toEqual(products)
  })

  test('of equally cheap ones the first id stays, whatever the order', () => {
    const two = [offer('9', '생수 2L 6병', 600), offer('8', '생수 2L 6개', 600)]
    expect(cleanProducts(two).map(({ id }) => id)).toEqual(['801'])
    expect(cleanProducts([...two].reverse()).map(({ id }) => id)).toEqual(['801'])
  })

  test('prices of a piece are rounded to two decimals', () => {
    expect([unitPrice(10_000, 3), unitPrice(2, 3), unitPrice(1_005, 100)]).toEqual([3333.33, 0.67, 10.05])
  })
})
