import type { SeededRandom } from 'tandem'
import { drawPlace, type Person } from './people.js'
import { drawProduct } from './products.js'
import { drawWord } from './words.js'

/** One thing that a person does, before it is written down as a record. */
export interface Action {
  readonly atMs: number
  readonly event: string
  readonly topic: string
  readonly key: string
  /** Name of the field that repeats the time of the action. */
  readonly timeField: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** An idle session ends by itself after so long, ms. */
const SESSION_IDLE_MS = 1_800_000

const MENUS = ['nolabel', 'ecopoint1', 'lesswaste', 'ecopoint2'] as const
const MENU_WEIGHTS = [60, 16, 15, 9] as const
const FAILURES_1 = [
  'ImgNotToday',
  'ImgNoMeta',
  'ImgDuplicated',
  'OverCount',
  'ModelNoPlastic',
  'ModelYesLabel',
  'ImgOverSize',
  'ModelError',
] as const

/** Everything that one person does in one visit, in order of time. */
export function planSession(random: SeededRandom, seed: number, startMs: number, person: Person): readonly Action[] {
  const actions: Action[] = []
  let atMs = startMs
  const act = (
    event: string,
    topic: string,
    key: string,
    timeField: string,
    fields: Readonly<Record<string, unknown>>,
  ) => {
    actions.push({ atMs, event, topic, key, timeField, fields })
    atMs += 1_000 + Math.floor(random.exponential(14_000))
  }
  const member = person.id !== 'none'
  if (member) act('UserLogin', 'log_inout', 'login', 'login_time', {})
  let page = '/'
  for (let visits = random.weighted([0, 6, 3, 1]); visits > 0; visits--) {
    const menu = MENUS[random.weighted(MENU_WEIGHTS)] as (typeof MENUS)[number]
    act('UserClickMenu', 'log_menuclick', 'menuclick', 'menuclick_time', { selected_menu: menu, menuclick_page: page })
    page = `/${menu.replace('ecopoint1', 'ecopoint')}/`
    if (menu === 'nolabel') lookForProducts()
    else if (menu === 'lesswaste') lookForPlaces()
    else if (member) upload(menu)
  }
  if (member) leave()
  return actions

  function lookForProducts(): void {
    for (let times = 1 + random.weighted([4, 3, 2, 1]); times > 0; times--) {
      act('UserSearchProduct', 'log_nolabel', 'search', 'searchclick_time', {
        search_word: drawWord(random, seed, atMs, person),
      })
      if (!random.chance(0.55)) continue
      const { name, volume, unitPrice } = drawProduct(random)
      act('UserClickProduct', 'log_nolabel', 'click', 'productclick_time', {
        product_name: name,
        product_volume: volume,
        product_unitprice: unitPrice,
      })
    }
  }

  function lookForPlaces(): void {
    const place = drawPlace(random, person)
    for (let times = 1 + random.weighted([5, 3, 2]); times > 0; times--) {
      act('UserSearchLesswaste', 'log_lesswaste', 'lesswaste', 'searchclick_time', {
        radius_km: random.pick([10, 10, 10, 1, 2, 3, 5, 15, 20]),
        searchclick_location: place,
      })
    }
  }

  function upload(menu: 'ecopoint1' | 'ecopoint2'): void {
    if (menu === 'ecopoint2') {
      const read = random.chance(0.7)
      act('UserUsedEcopoint2', 'log_ecopoint', '2', 'eco2upload_time', {
        save_point: read ? 10 * random.int(1, 5) : 0,
        fail_msg: read ? '' : random.pick(['OcrNoDetect', 'OverCount']),
      })
      return
    }
    const earned = random.chance(0.65)
    act('UserUsedEcopoint1', 'log_ecopoint', '1', 'eco1upload_time', {
      save_point: earned ? 10 * random.int(1, 6) : 0,
      photo_id: Array.from({ length: 24 }, () => random.int(0, 15).toString(16)).join(''),
      fail_msg: earned ? '' : random.pick(FAILURES_1),
    })
  }

  function leave(): void {
    const method = (['SessionExpired', 'ButtonClicked', 'BrowserClosed'] as const)[
      random.weighted([40, 35, 25])
    ] as string
    if (method === 'SessionExpired') atMs += SESSION_IDLE_MS
    act('UserLogout', 'log_inout', 'logout', 'logout_time', { logout_method: method })
  }
}
