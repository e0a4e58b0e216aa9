/** Source of the current time; passed in, so that tests own it. */
export interface Clock {
  /** UTC milliseconds. */
  now(): number
}
