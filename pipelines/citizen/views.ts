import { caseWhen, count, defineView, distinct, type IntegerExpr, mean, min, sum, type TextExpr } from 'tandem'
import { ZONE } from './envelope.js'
import { logEcopoint, logError, logInout, logLesswaste, logMenuclick, logNolabel } from './streams.js'

/** 0, 10, … 50, and 60 for 60 and above; 99 where the age is unknown. */
export function ageBand(age: IntegerExpr): IntegerExpr {
  return caseWhen(age.gte(60), 60).otherwise(age.floorTo(10)).or(99)
}

/** Who: the gender is "un", the age band 99 and the region "none" where they are unknown, as for guests. */
function who(e: { user_gender: TextExpr; user_age: IntegerExpr }) {
  return { gender: e.user_gender.or('un'), age: ageBand(e.user_age) }
}

function whoAndWhere(e: { user_gender: TextExpr; user_age: IntegerExpr; user_region: TextExpr }) {
  return { ...who(e), region: e.user_region.or('none') }
}

/** What people look for, by gender and age band. */
export const searches = defineView('searches', {
  from: logNolabel,
  where: (e) => e.event.is('UserSearchProduct'),
  by: (e) => ({ word: e.search_word, ...who(e) }),
  measures: (e) => ({ searches: count(), members: distinct(e.member_id) }),
  windows: ['1m', '5m'],
  zone: ZONE,
})

/** Everything people do, from all five topics: the operators' view. */
export const activity = defineView('activity', {
  parts: [
    {
      from: logInout,
      by: whoAndWhere,
      measures: (e) => ({
        login: count().where(e.event.is('UserLogin')),
        logout: count().where(e.event.is('UserLogout')),
      }),
    },
    {
      from: logMenuclick,
      by: whoAndWhere,
      measures: (e) => ({
        menu_nolabel: count().where(e.selected_menu.is('nolabel')),
        menu_eco1: count().where(e.selected_menu.is('ecopoint1')),
        menu_eco2: count().where(e.selected_menu.is('ecopoint2')),
        menu_lesswaste: count().where(e.selected_menu.is('lesswaste')),
      }),
    },
    {
      from: logEcopoint,
      by: whoAndWhere,
      measures: (e) => ({
        ecopoint1_click: count().where(e.event.is('UserUsedEcopoint1')),
        ecopoint2_click: count().where(e.event.is('UserUsedEcopoint2')),
        save_ecopoint1: sum(e.save_point).where(e.event.is('UserUsedEcopoint1')),
        save_ecopoint2: sum(e.save_point).where(e.event.is('UserUsedEcopoint2')),
      }),
    },
    {
      from: logNolabel,
      by: whoAndWhere,
      measures: (e) => ({
        nolabel_search: count().where(e.event.is('UserSearchProduct')),
        nolabel_click: count().where(e.event.is('UserClickProduct')),
      }),
    },
    { from: logLesswaste, by: whoAndWhere, measures: () => ({ lesswaste_click: count() }) },
  ],
  windows: ['5m', '1h'],
  zone: ZONE,
})

/** Clicks on products, with the price per piece that was shown. */
export const clicks = defineView('clicks', {
  from: logNolabel,
  where: (e) => e.event.is('UserClickProduct'),
  by: (e) => ({ product: e.product_name, volume: e.product_volume }),
  measures: (e) => ({
    clicks: count(),
    members: distinct(e.member_id),
    price_min: min(e.product_unitprice),
    price_mean: mean(e.product_unitprice),
  }),
  windows: ['5m', '1h'],
  zone: ZONE,
})

/** Errors of the service, by the function that raised them. */
export const errors = defineView('errors', {
  from: logError,
  by: (e) => ({ function: e.funcName }),
  measures: () => ({ errors: count() }),
  windows: ['5m'],
  zone: ZONE,
})
