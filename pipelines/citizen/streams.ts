import { decimal, defineStream, z } from 'tandem'
import { actionTime, envelope, event } from './envelope.js'

/** Sign-ins and sign-outs. */
export const logInout = defineStream({
  name: 'log_inout',
  schema: envelope(
    z.discriminatedUnion('event', [
      event('UserLogin', { login_time: actionTime }),
      event('UserLogout', {
        logout_method: z.enum(['ButtonClicked', 'SessionExpired', 'BrowserClosed']),
        logout_time: actionTime,
      }),
    ]),
  ),
  eventTime: 'timestamp',
  key: 'key',
})

/** A page chosen from the menu. */
export const logMenuclick = defineStream({
  name: 'log_menuclick',
  schema: envelope(
    event('UserClickMenu', {
      selected_menu: z.enum(['ecopoint1', 'ecopoint2', 'nolabel', 'lesswaste']),
      menuclick_page: z.string().nullable(),
      menuclick_time: actionTime,
    }),
  ),
  eventTime: 'timestamp',
  key: 'key',
})

/** Why an upload earned nothing; empty where it earned points. */
const failMessage = z.enum([
  '',
  'ImgOverSize',
  'ImgNotToday',
  'ImgNoMeta',
  'ImgDuplicated',
  'OverCount',
  'ModelError',
  'ModelNoPlastic',
  'ModelYesLabel',
  'OcrNoDetect',
])

/** Points for photos of bottles without labels (1) and for receipts (2). */
export const logEcopoint = defineStream({
  name: 'log_ecopoint',
  schema: envelope(
    z.discriminatedUnion('event', [
      event('UserUsedEcopoint1', {
        save_point: z.int(),
        photo_id: z.string().nullable(),
        eco1upload_time: actionTime,
        fail_msg: failMessage,
      }),
      event('UserUsedEcopoint2', { save_point: z.int(), eco2upload_time: actionTime, fail_msg: failMessage }),
    ]),
  ),
  eventTime: 'timestamp',
  key: 'key',
})

/** Searches for products without labels, and clicks on what was found. */
export const logNolabel = defineStream({
  name: 'log_nolabel',
  schema: envelope(
    z.discriminatedUnion('event', [
      event('UserSearchProduct', { search_word: z.string(), searchclick_time: actionTime }),
      event('UserClickProduct', {
        product_name: z.string(),
        product_volume: z.string(),
        product_unitprice: decimal(2).min(0),
        productclick_time: actionTime,
      }),
    ]),
  ),
  eventTime: 'timestamp',
  key: 'key',
})

/** Searches for shops and boxes nearby. */
export const logLesswaste = defineStream({
  name: 'log_lesswaste',
  schema: envelope(
    event('UserSearchLesswaste', {
      radius_km: z.int().min(1).max(20),
      /** Latitude, longitude. */
      searchclick_location: z.tuple([z.number().min(-90).max(90), z.number().min(-180).max(180)]),
      searchclick_time: actionTime,
    }),
  ),
  eventTime: 'timestamp',
  key: 'key',
})

/** Whatever the service logs with a `request`: its errors. */
export const logError = defineStream({
  name: 'log_error',
  schema: envelope(
    z.object({
      request: z.unknown(),
      key: z.string().optional(),
      stack_trace: z.string().nullish(),
      lineno: z.int(),
      funcName: z.string(),
      processName: z.string(),
    }),
  ),
  eventTime: 'timestamp',
  key: 'key',
})
