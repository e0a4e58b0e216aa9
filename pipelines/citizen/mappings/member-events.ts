import { defineMapping, type Mapped } from 'tandem'

/**
 * The pilot's own log (`member_events.csv`: ts, member_id, log_type, event, detail, member_id_2, age, gender, region) as
 * citizen events. Event names changed within the week and pages have two words, hence the table.
 *
 * | log_type, event | becomes | rows in the pilot's week |
 * |---|---|---|
 * | login_log, member_login | UserLogin | 694 |
 * | menu_log, ecopoint | UserClickMenu ecopoint1 | 886 |
 * | menu_log, ecopoint2 | UserClickMenu ecopoint2 | 140 |
 * | menu_log, nolabel (later named search) | UserClickMenu nolabel | 24 + 268 |
 * | menu_log, lesswaste (later named map) | UserClickMenu lesswaste | 32 + 260 |
 * | menu_log, index | left out, `home-page`: the home page is no menu | 606 |
 * | menu_log, about and aboutecopoint | left out, `about-page`: nor are these | 278 |
 * | anything else | left out, `unknown-event` | 0 |
 *
 * `search` and `map` are pages opened, not searches: the log has no words and no places, so no search events are made up.
 * `ts` is wall time in Seoul and becomes the envelope's, cut to milliseconds. `member_id_2` repeats `member_id` and is
 * dropped. Cells that are not what they should be are sent as they are: the stream refuses them with a reason.
 */
export const mapping = defineMapping({
  name: 'member-events',
  description: "The pilot's member_events.csv as sign-ins and menu clicks; home and about pages are left out",
  map(row): Mapped {
    if (row.log_type === 'login_log' && row.event === 'member_login') {
      return record(row, 'UserLogin', 'log_inout', 'login', { login_time: actionTime(row.ts) })
    }
    if (row.log_type !== 'menu_log') return { leaveOut: 'unknown-event' }
    if (row.event === 'index') return { leaveOut: 'home-page' }
    if (row.event === 'about' || row.event === 'aboutecopoint') return { leaveOut: 'about-page' }
    const menu = MENU_OF[row.event ?? '']
    if (menu === undefined) return { leaveOut: 'unknown-event' }
    return record(row, 'UserClickMenu', 'log_menuclick', 'menuclick', {
      selected_menu: menu,
      // the log does not say from which page
      menuclick_page: null,
      menuclick_time: actionTime(row.ts),
    })
  },
})

const MENU_OF: Readonly<Record<string, string>> = {
  ecopoint: 'ecopoint1',
  ecopoint2: 'ecopoint2',
  nolabel: 'nolabel',
  search: 'nolabel',
  lesswaste: 'lesswaste',
  map: 'lesswaste',
}

type Cells = Readonly<Record<string, string | null>>

function record(
  row: Cells,
  event: string,
  topic: string,
  key: string,
  fields: Readonly<Record<string, unknown>>,
): Mapped {
  return {
    stream: topic,
    key,
    value: {
      messageType: 'Kafka',
      timestamp: row.ts === null || row.ts === undefined ? null : `${row.ts.slice(0, 23)}Z`,
      fields: {
        event,
        topic,
        key,
        fields: {
          member_id: whole(row.member_id),
          user_gender: row.gender ?? 'none',
          user_age: whole(row.age),
          user_region: row.region ?? 'none',
          ...fields,
        },
      },
    },
  }
}

/** `2022-09-22T20:44:24.013567` as `2022-09-22 20:44:24`. */
function actionTime(ts: string | null | undefined): string | null {
  return ts?.slice(0, 19).replace('T', ' ') ?? null
}

/** A number where the cell is one, else the cell as it is. */
function whole(cell: string | null | undefined): number | string {
  if (cell === null || cell === undefined) return 'none'
  return /^\d{1,15}$/.test(cell) ? Number(cell) : cell
}
