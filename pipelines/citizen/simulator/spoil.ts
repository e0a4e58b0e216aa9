import type { SeededRandom, SimulatedRecord } from 'tandem'

type Fields = Record<string, unknown>

/** Ways in which a record goes bad, each refused by the decoder for a reason of its own. */
const WAYS: readonly ((value: Envelope) => unknown)[] = [
  // cut off on its way: no JSON
  (value) => JSON.stringify(value).slice(0, 120),
  // not meant for this topic at all
  () => 'GET /healthz 200 ok',
  // a word where a number belongs
  (value) => withFields(value, { user_age: '스물셋' }),
  // an event that nobody declared
  (value) => ({ ...value, fields: { ...value.fields, event: 'UserTeleported' } }),
  // no event time
  ({ timestamp: _, ...rest }) => rest,
  // a clock in another century
  (value) => ({ ...value, timestamp: value.timestamp.replace(/^\d{4}/, '2099') }),
  // a date that does not exist
  (value) => ({ ...value, timestamp: value.timestamp.replace(/^(\d{4})-\d\d-\d\d/, '$1-02-30') }),
]

interface Envelope {
  readonly timestamp: string
  readonly fields: { readonly fields: Fields }
}

/** The same record gone bad. */
export function spoil(random: SeededRandom, record: SimulatedRecord): SimulatedRecord {
  // every record that comes here was made by this simulator's recordOf
  return { ...record, value: random.pick(WAYS)(record.value as Envelope) }
}

function withFields(value: Envelope, fields: Fields): Envelope {
  return { ...value, fields: { ...value.fields, fields: { ...value.fields.fields, ...fields } } }
}
