import { expect, test } from 'vitest'
import { compileDecoder } from '../../core/decode/compile-decoder.js'
import { answersOf } from '../../test/support/answers.js'
import { apt, energy } from './streams.js'
import { energyUse, housing } from './views.js'

const READING = {
  id: 'A70384401202102',
  kaptCode: 'A70384401',
  date: '202102',
  sigungu: '27230',
  helect: 506_701,
  helectFrom: 'k-apt',
  hgas: 0,
  hgasFrom: 'k-apt',
  hwaterCool: 23_599,
  hwaterCoolFrom: 'k-apt',
  carbonEnergy: 244_137,
  coefficients: 'complex-2021',
  sign: 1,
}
/** January 2021 begins in Seoul while it is still January's last day before in UTC. */
const FEBRUARY = '2021-01-31T15:00:00.000Z|27230|202102|complex-2021'

test('use and CO2 are summed by district and month, and a corrected month counts once', () => {
  const other = { ...READING, id: 'A70000001202102', kaptCode: 'A70000001', helect: 1_000, hgas: null, hgasFrom: null }
  const corrected = { ...READING, helect: 500_000, helectFrom: 'estimate', carbonEnergy: 241_013 }
  const answers = answersOf(energyUse, energy, [READING, other, { ...READING, sign: -1 }, corrected], 3_600_000)
  expect(answers).toEqual({
    [FEBRUARY]: {
      complexes: 2,
      electricity: 501_000,
      gas: 0,
      water: 47_198,
      carbon: 485_150,
      estimated: 1,
    },
  })
})

test('households are summed by district; a complex that changed its district leaves the old one', () => {
  const complex = {
    kaptCode: 'A70384401',
    kaptName: '한빛1단지',
    bjdJuso: '대구광역시 북구 산격동 1-2',
    doroJuso: '대구광역시 북구 산격로 3',
    bjdCode: '2723010800',
    kaptdaCnt: '840',
    collectedAt: '2024-03-03T00:00:00.000Z',
    sign: 1,
  }
  const moved = { ...complex, bjdCode: '2711010600' }
  expect(answersOf(housing, apt, [complex, { ...complex, sign: -1 }, moved], 3_600_000)).toEqual({
    '2024-03-03T00:00:00.000Z|27230': { complexes: 0, households: 0 },
    '2024-03-03T00:00:00.000Z|27110': { complexes: 1, households: 840 },
  })
})

test.each<[string, object]>([
  ['type', { helect: '506701' }],
  ['time', { date: '202113' }],
  ['missing', { carbonEnergy: undefined }],
  ['value', { helectFrom: 'rumour' }],
])('a reading is refused as %s', (reason, change) => {
  const value = Buffer.from(JSON.stringify({ ...READING, ...change }))
  expect(compileDecoder(energy).decode(value, Date.UTC(2024, 0, 1))).toMatchObject({ ok: false, reason })
})
