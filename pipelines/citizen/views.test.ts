import { expect, test } from 'vitest'
import { answersOf } from '../../test/support/answers.js'
import { logEcopoint, logInout, logLesswaste, logMenuclick, logNolabel } from './streams.js'
import { activity, clicks, searches } from './views.js'

const GUEST = { member_id: 'none', user_gender: 'none', user_age: 'none', user_region: 'none' }
const ANN = { member_id: 1, user_gender: 'W', user_age: 27, user_region: '서울특별시' }
const BEN = { member_id: 2, user_gender: 'W', user_age: 20, user_region: '서울특별시' }
const EVE = { member_id: 3, user_gender: 'M', user_age: 71, user_region: '제주특별자치도' }

/** A record at 00:mm of 2 May in Seoul, which is 15:mm of 1 May in UTC. */
function record(event: string, minute: string, who: object, fields: object) {
  const time = `2024-05-02 00:${minute}:00`
  const named = {
    login_time: time,
    logout_time: time,
    menuclick_time: time,
    eco1upload_time: time,
    eco2upload_time: time,
    searchclick_time: time,
    productclick_time: time,
  }
  return {
    messageType: 'Kafka',
    timestamp: `2024-05-02T00:${minute}:00.250Z`,
    fields: { event, topic: 't', key: 'k', fields: { ...who, ...named, ...fields } },
  }
}

test('searches are counted by word, gender and age band; guests are "un" and 99, never dropped', () => {
  const search = (minute: string, who: object, search_word: string) =>
    record('UserSearchProduct', minute, who, { search_word })
  const click = record('UserClickProduct', '03', ANN, {
    product_name: '생수',
    product_volume: '2L',
    product_unitprice: 595.83,
  })
  const found = answersOf(
    searches,
    logNolabel,
    [
      search('01', ANN, '생수'),
      search('01', BEN, '생수'),
      search('04', ANN, '생수'),
      search('02', GUEST, '생수'),
      search('02', EVE, '커피'),
      click,
    ],
    300_000,
  )
  expect(found).toEqual({
    '2024-05-01T15:00:00.000Z|생수|W|20': { searches: 3, members: 2 },
    '2024-05-01T15:00:00.000Z|생수|un|99': { searches: 1, members: 0 },
    '2024-05-01T15:00:00.000Z|커피|M|60': { searches: 1, members: 1 },
  })
})

test('activity has the thirteen measures, each from its own topic', () => {
  expect(activity.measures.map(({ name }) => name).sort()).toEqual(
    [
      'login',
      'logout',
      'menu_nolabel',
      'menu_eco1',
      'menu_eco2',
      'menu_lesswaste',
      'ecopoint1_click',
      'ecopoint2_click',
      'lesswaste_click',
      'nolabel_search',
      'nolabel_click',
      'save_ecopoint1',
      'save_ecopoint2',
    ].sort(),
  )
  const none = Object.fromEntries(activity.measures.map(({ name }) => [name, 0]))
  const at = '2024-05-01T15:00:00.000Z|W|20|서울특별시'
  const answer = (stream: Parameters<typeof answersOf>[1], ...values: unknown[]) =>
    answersOf(activity, stream, values, 3_600_000)[at]
  expect(
    answer(
      logInout,
      record('UserLogin', '01', ANN, {}),
      record('UserLogout', '59', BEN, { logout_method: 'ButtonClicked' }),
    ),
  ).toEqual({ ...none, login: 1, logout: 1 })
  const menu = (selected_menu: string) => record('UserClickMenu', '01', ANN, { selected_menu, menuclick_page: null })
  expect(answer(logMenuclick, menu('nolabel'), menu('nolabel'), menu('ecopoint2'))).toEqual({
    ...none,
    menu_nolabel: 2,
    menu_eco2: 1,
  })
  const photo = (save_point: number) =>
    record('UserUsedEcopoint1', '02', ANN, { save_point, photo_id: null, fail_msg: '' })
  const receipt = record('UserUsedEcopoint2', '02', ANN, { save_point: 50, fail_msg: '' })
  expect(answer(logEcopoint, photo(20), photo(0), receipt)).toEqual({
    ...none,
    ecopoint1_click: 2,
    save_ecopoint1: 20,
    ecopoint2_click: 1,
    save_ecopoint2: 50,
  })
  const place = record('UserSearchLesswaste', '02', ANN, { radius_km: 10, searchclick_location: [37.48, 126.91] })
  expect(answer(logLesswaste, place)).toEqual({ ...none, lesswaste_click: 1 })
  expect(answer(logNolabel, record('UserSearchProduct', '02', ANN, { search_word: '생수' }))).toEqual({
    ...none,
    nolabel_search: 1,
  })
})

test('activity counts guests under "un", 99 and "none"', () => {
  const login = record('UserClickMenu', '01', GUEST, { selected_menu: 'nolabel', menuclick_page: '/' })
  expect(answersOf(activity, logMenuclick, [login], 300_000)).toHaveProperty(
    ['2024-05-01T15:00:00.000Z|un|99|none', 'menu_nolabel'],
    1,
  )
})

test('clicks know the lowest and the mean price of a product', () => {
  const click = (product_unitprice: number) =>
    record('UserClickProduct', '07', ANN, { product_name: '생수', product_volume: '2L', product_unitprice })
  expect(answersOf(clicks, logNolabel, [click(595.83), click(600), click(590.5)], 3_600_000)).toEqual({
    '2024-05-01T15:00:00.000Z|생수|2L': {
      clicks: 3,
      members: 1,
      price_min: 590.5,
      price_mean: expect.closeTo(595.443333, 5),
    },
  })
})
