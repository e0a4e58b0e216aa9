import { describe, expect, it } from 'vitest'
import { RULES, type Rule } from './rules.js'
import { memoryEngine, report, runHistory } from './run-history.js'

/**
 * SEAM_SEED=n runs that history alone and tells it; SEAM_WITHOUT=rule leaves a rule out; SEAM_HISTORIES=n runs so many.
 * Many more histories run beside the engines, see seam-model.engine.test.ts.
 */
const { SEAM_SEED, SEAM_WITHOUT, SEAM_HISTORIES } = process.env
const without = SEAM_WITHOUT === undefined || SEAM_WITHOUT === '' ? undefined : ruleOf(SEAM_WITHOUT)

/** A history, by its seed, that goes wrong without the rule; where the model was changed, the search begins there. */
const CAUGHT_BY: Readonly<Record<Rule, number>> = {
  'real-record': 1,
  delivered: 274,
  'seal-once': 4,
  'stored-epoch': 194,
  'raw-range': 0,
  contiguous: 12,
  watch: 64,
  fence: 7,
  'floor-fence': 316,
  reload: 9,
  'atomic-load': 155,
  'atomic-read': 0,
  floor: 0,
  'part-bound': 0,
  'boundary-up': 18,
  degraded: 4,
  'ids-kept': 5,
  'ids-together': 111,
  'ids-primed': 4,
  'ids-noted': 7,
  'ids-sealed': 2,
  'record-epoch': 7,
  'audit-wait': 0,
}
const SEARCHED = 400

function ruleOf(name: string): Rule {
  if (!Object.hasOwn(RULES, name))
    throw new Error(`SEAM_WITHOUT: no rule "${name}"; there are ${Object.keys(RULES).join(', ')}`)
  return name as Rule
}

function tellOne(seed: number): void {
  it(`seed ${seed}`, async () => {
    const outcome = await runHistory(seed, memoryEngine(), { without })
    process.stdout.write(`${report(outcome)}\n`)
    expect(outcome.broken).toBeNull()
  })
}

function searchMany(histories: number): void {
  it(`the law holds in ${histories} random histories, after every step`, {
    timeout: 60_000 + 200 * histories,
  }, async () => {
    let reads = 0
    let compared = 0
    for (let seed = 0; seed < histories; seed++) {
      const outcome = await runHistory(seed, memoryEngine(), { without })
      if (outcome.broken !== null) expect.fail(report(outcome))
      reads += outcome.reads
      compared += outcome.compared
    }
    // a history in which nobody reads proves nothing
    expect(reads).toBeGreaterThan(20 * histories)
    expect(compared).toBeGreaterThan(5 * histories)
  })
}

function leaveOutEach(): void {
  for (const [rule, meaning] of Object.entries(RULES) as [Rule, string][]) {
    it(`goes wrong without ${rule}: ${meaning}`, { timeout: 120_000 }, async () => {
      const first = CAUGHT_BY[rule]
      for (let seed = first; seed < first + SEARCHED; seed++) {
        if ((await runHistory(seed, memoryEngine(), { without: rule })).broken === null) continue
        const kept = await runHistory(seed, memoryEngine())
        expect(kept.broken, report(kept)).toBeNull()
        return
      }
      expect.fail(`without ${rule}, ${SEARCHED} histories from seed ${first} gave no wrong answer`)
    })
  }
}

describe('every answer is a recount of one prefix per partition', () => {
  if (SEAM_SEED !== undefined) tellOne(Number(SEAM_SEED))
  else {
    searchMany(Number(SEAM_HISTORIES ?? 150))
    if (!without) leaveOutEach()
  }
})
