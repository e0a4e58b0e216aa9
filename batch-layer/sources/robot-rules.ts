import robotsParser from 'robots-parser'
import { SourceError } from '../../core/define/source-definition.js'

export interface RobotAnswer {
  readonly allowed: boolean
  /** Least time between two requests that the site asks for; null: none. */
  readonly delayMs: number | null
}

interface Robot {
  isAllowed(url: string, userAgent: string): boolean | undefined
  /** Seconds. */
  getCrawlDelay(userAgent: string): number | undefined
}

type Rules = Robot | null

/** The package's types have its function as a property; Node gives the function itself. */
const parseRobots = robotsParser as unknown as (url: string, text: string) => Robot

/** The robots.txt of each site, fetched once per run. */
export class RobotRules {
  readonly #sites = new Map<string, Promise<Rules>>()

  constructor(
    private readonly userAgent: string,
    /** @throws SourceError; of kind `refused` or `key` where the site has none for us */
    private readonly fetchText: (url: string) => Promise<{ readonly body: Uint8Array }>,
  ) {}

  async ask(url: URL): Promise<RobotAnswer> {
    let rules = this.#sites.get(url.origin)
    if (rules === undefined) {
      rules = this.#fetch(`${url.origin}/robots.txt`)
      this.#sites.set(url.origin, rules)
    }
    const robot = await rules
    const delay = robot?.getCrawlDelay(this.userAgent) ?? null
    return {
      // undefined: the rules say nothing of this address
      allowed: robot?.isAllowed(url.href, this.userAgent) ?? true,
      delayMs: delay === null ? null : delay * 1000,
    }
  }

  async #fetch(url: string): Promise<Rules> {
    try {
      const { body } = await this.fetchText(url)
      return parseRobots(url, Buffer.from(body).toString('utf8'))
    } catch (error) {
      // A site without rules refuses nothing; one that does not answer is not crawled.
      if (error instanceof SourceError && (error.kind === 'refused' || error.kind === 'key')) return null
      throw error
    }
  }
}
