import { SourceError } from '../../core/define/source-definition.js'
import { civilOfDays } from '../../core/time/civil.js'
import { dayBounds } from '../../core/time/day-start.js'
import { zoneOf } from '../../core/time/zone.js'
import type { SourceStates } from '../../stores/warm/source-states.js'

const DAY_MS = 86_400_000
/** Taken from the store at once; a killed run loses at most so many of its day. */
const AT_ONCE = 20

export interface QuotaOptions {
  readonly source: string
  readonly perDay: number
  readonly zone: string
  readonly now: () => number
}

/** The provider's requests per day, counted across runs. */
export class DayQuota {
  #day = ''
  #left = 0
  #last: Promise<void> = Promise.resolve()

  constructor(
    private readonly states: Pick<SourceStates, 'takeQuota' | 'returnQuota'>,
    private readonly options: QuotaOptions,
  ) {}

  /** Spends one request. @throws SourceError of kind `quota` where the day has none left */
  spend(): Promise<void> {
    const spent = this.#last.then(() => this.#spend())
    this.#last = spent.catch(() => undefined)
    return spent
  }

  async #spend(): Promise<void> {
    const { source, perDay, zone, now } = this.options
    const day = dayOf(now(), zone)
    if (day !== this.#day) [this.#day, this.#left] = [day, 0]
    if (this.#left === 0) this.#left = await this.states.takeQuota(source, day, AT_ONCE, perDay)
    if (this.#left === 0)
      throw new SourceError('quota', `source "${source}": all ${perDay} requests of ${day} (${zone}) are used`)
    this.#left--
  }

  /** Gives back what the run did not use. */
  async close(): Promise<void> {
    await this.#last
    if (this.#left > 0) await this.states.returnQuota(this.options.source, this.#day, this.#left)
    this.#left = 0
  }
}

/** When the provider's next day begins, UTC ms. */
export function nextDayMs(nowMs: number, zone: string): number {
  return dayBounds(nowMs, zone).endMs
}

function dayOf(nowMs: number, zone: string): string {
  const { year, month, day } = civilOfDays(Math.floor((nowMs + zoneOf(zone).offsetAt(nowMs)) / DAY_MS))
  return `${year}${String(month).padStart(2, '0')}${String(day).padStart(2, '0')}`
}
