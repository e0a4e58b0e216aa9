import { decimal, defineCollection, z } from 'tandem'

/** Products without labels, the cheapest of each name and volume. */
export const products = defineCollection({
  name: 'products',
  schema: z.object({
    id: z.string(),
    title: z.string().min(1),
    /** `500ML`, `2L` */
    volume: z.string(),
    quantity: z.int().min(1),
    /** Won, for all pieces. */
    price: z.int().min(1),
    /** Won per piece. */
    price_unit: decimal(2).min(0),
    mall: z.string(),
    link: z.string(),
    img_link: z.string(),
  }),
  id: 'id',
  search: {
    fields: ['title^2', 'volume'],
    synonyms: [
      '탄산, 스파클링, 탄산음료, 탄산수',
      '생수, 물, 먹는샘물',
      '커피 => 커피, 원두커피, 콜드브루, 아메리카노',
      '콜라, 코크',
      '주스, 쥬스',
    ],
    facets: ['mall', 'volume'],
    suggest: 'title',
  },
})

/** Shops, racks and boxes on the map. */
export const places = defineCollection({
  name: 'places',
  schema: z.object({
    id: z.string(),
    name: z.string().min(1),
    /** `shop` or `bike-rack` */
    kind: z.string(),
    category: z.string().nullable(),
    address: z.string().nullable(),
    /** Bicycles. */
    capacity: z.int().min(0).nullable(),
    lat: z.number().min(-90).max(90),
    lon: z.number().min(-180).max(180),
  }),
  id: 'id',
  place: { lat: 'lat', lon: 'lon' },
  search: { fields: ['name^2', 'address', 'category'], facets: ['kind', 'category'], suggest: 'name' },
})
