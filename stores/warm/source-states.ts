/** A crawl that has begun and is not loaded yet. */
export interface OpenCrawl {
  /** Run whose landing it is. */
  readonly run: string
  /** UTC ms. */
  readonly scheduledMs: number
  /** Runs scheduled until then go on with it, UTC ms; later its pages are too old. */
  readonly goOnUntilMs: number
  /** What the crawl returned, once it is whole; JSON. */
  readonly cursor: unknown
}

/** A run whose items are all in. */
export interface GoodRun {
  readonly run: string
  /** Run whose landing it loaded: its own, or an earlier one's that it went on with. */
  readonly landing: string
  /** UTC ms. */
  readonly scheduledMs: number
}

/** What a source remembers between runs. */
export interface SourceState {
  readonly source: string
  /** What the crawl of the last good run returned, JSON; null before the first. */
  readonly cursor: unknown
  /** Newest first, those whose landing is kept. */
  readonly good: readonly GoodRun[]
  readonly open: OpenCrawl | null
}

/** Records about to be sent, written before they are sent: what a killed run may or may not have sent. */
export interface SendIntent {
  /** End of the topic before, per partition: what was sent lies behind. */
  readonly from: readonly { readonly partition: number; readonly offset: number }[]
  readonly records: readonly { readonly key: string; readonly value: string }[]
  /** What the items are remembered as, once sent. */
  readonly items: readonly RememberedItem[]
}

export interface RememberedItem {
  readonly id: string
  /** Its value as it was sent, JSON. */
  readonly text: string
}

/** Where sources remember: cursors, quota, the items that they have sent. Every write may be repeated. */
export interface SourceStates {
  /** A source without any: no cursor, no runs. */
  state(source: string): Promise<SourceState>
  putState(state: SourceState): Promise<void>
  /**
   * Makes the run the one that works on the source until `untilMs`, unless another one's time is not over at `nowMs`; its own
   * is prolonged.
   *
   * @returns the run that works on the source: another one has to be waited for
   */
  hold(source: string, run: string, time: { readonly nowMs: number; readonly untilMs: number }): Promise<string>
  /** The run no longer works on the source; another one's hold stays. */
  release(source: string, run: string): Promise<void>
  /**
   * Takes up to `wanted` requests out of a day's quota, in one step. Returns how many it got: 0 where none are left.
   * @param day of the provider, `yyyyMMdd`
   */
  takeQuota(source: string, day: string, wanted: number, perDay: number): Promise<number>
  /** Gives back what was taken and not used. */
  returnQuota(source: string, day: string, unused: number): Promise<void>
  /** Texts by id of those that were sent. */
  items(source: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  intent(source: string): Promise<SendIntent | null>
  putIntent(source: string, intent: SendIntent): Promise<void>
  /** Remembers the items of the intent, then forgets the intent. */
  settleIntent(source: string): Promise<void>
  close(): Promise<void>
}
