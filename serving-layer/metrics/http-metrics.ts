import { getOrMake } from '../merge/get-or-make.js'

/** Upper bounds of the latency buckets, seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const

interface Series {
  readonly buckets: number[]
  count: number
  sumSeconds: number
}

/** Requests by route and status class, with their latencies. */
export class HttpMetrics {
  readonly #series = new Map<string, Series>()

  observe(route: string, status: number, seconds: number): void {
    const key = `${route} ${status}`
    const series = getOrMake(this.#series, key, () => ({ buckets: BOUNDS.map(() => 0), count: 0, sumSeconds: 0 }))
    series.count++
    series.sumSeconds += seconds
    const at = BOUNDS.findIndex((bound) => seconds <= bound)
    if (at >= 0) series.buckets[at] = (series.buckets[at] as number) + 1
  }

  /** Lines of the histogram `tandem_http_request_seconds`. */
  lines(): string[] {
    const name = 'tandem_http_request_seconds'
    const lines = [`# HELP ${name} Time from a request's head to the end of its answer.`, `# TYPE ${name} histogram`]
    for (const [key, { buckets, count, sumSeconds }] of this.#series) {
      const [route, status] = key.split(' ')
      const labels = `route="${route}",status="${status}"`
      let below = 0
      buckets.forEach((n, i) => {
        below += n
        lines.push(`${name}_bucket{${labels},le="${BOUNDS[i]}"} ${below}`)
      })
      lines.push(
        `${name}_bucket{${labels},le="+Inf"} ${count}`,
        `${name}_sum{${labels}} ${sumSeconds}`,
        `${name}_count{${labels}} ${count}`,
      )
    }
    return lines
  }
}
