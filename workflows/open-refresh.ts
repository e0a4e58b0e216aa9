import { setTimeout as delay } from 'node:timers/promises'
import { loadGeneration } from '../batch-layer/collections/load-generation.js'
import { sendSlackReport } from '../batch-layer/refresh/slack-report.js'
import { compileRetention, type RetentionSettings } from '../batch-layer/retention/retention-settings.js'
import { openCollections } from '../stores/collections/index.js'
import type { Connections } from '../stores/connections.js'
import { openLanding } from '../stores/landing/index.js'
import { openSearchRetention } from '../stores/search/elastic-retention.js'
import { openCollectionSearch } from '../stores/search/index.js'
import { openWarmRetention } from '../stores/warm/mongo-retention.js'
import { openRunReports } from '../stores/warm/mongo-run-reports.js'
import { openSourceStates } from '../stores/warm/source-states-store.js'
import { type RefreshDeps, refreshActivities } from './activities/refresh-activities.js'
import { ensureFedCollections } from './fed-collections.js'
import type { RefreshActivities } from './workflow/refresh-contract.js'

/** What the refresh needs beside the batch layer's own. */
export interface RefreshOptions {
  /** Folder of the sources' landings. @default `landing` beside the lake */
  readonly landingRoot?: string
  /** Where the settings of sources come from. @default none */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly retention?: RetentionSettings
  /** Incoming webhook that is told how a run ended. @default nobody is told */
  readonly slackWebhook?: string | undefined
}

type Given = Omit<
  RefreshDeps,
  'sources' | 'runs' | 'notify' | 'warmRetention' | 'searchRetention' | 'retention' | 'collections' | 'collectionSearch'
> & {
  readonly log: RefreshDeps['sources']['log']
}

/**
 * Opens the stores of the refresh and binds its steps to them.
 *
 * @param onOpened told of each thing that is to be closed, as soon as it is open
 */
export async function openRefresh(
  connections: Pick<Connections, 'mongo' | 'search'>,
  deps: Given,
  options: RefreshOptions & Required<Pick<RefreshOptions, 'landingRoot' | 'env'>>,
  onOpened: (close: () => Promise<void>) => void,
): Promise<RefreshActivities> {
  const opened = <T extends { close(): Promise<void> }>(store: T): T => {
    onOpened(() => store.close())
    return store
  }
  const { mongo, search } = connections
  const { clock, logger, log } = deps
  const runs = opened(await openRunReports(mongo))
  const states = opened(await openSourceStates(mongo))
  const collections = opened(await openCollections(mongo))
  const collectionSearch = opened(await openCollectionSearch(search))
  const stop = new AbortController()
  const { lake, warm, catalog } = deps
  const fed = [...catalog.collections.values()]
  const ensuring = ensureFedCollections(
    { collections, collectionSearch, lake, warm, log, clock, logger },
    fed,
    stop.signal,
  )
  onOpened(async () => {
    stop.abort()
    await ensuring
  })
  const warmRetention = opened(await openWarmRetention(mongo))
  const searchRetention = opened(openSearchRetention(search))
  const { slackWebhook } = options
  return refreshActivities({
    ...deps,
    runs,
    collections,
    collectionSearch,
    warmRetention,
    searchRetention,
    retention: compileRetention(options.retention),
    notify: slackWebhook === undefined ? null : (report) => sendSlackReport(slackWebhook, report),
    sources: {
      log,
      states,
      landing: openLanding(options.landingRoot),
      loadCollection: (collection, documents, { progress, ...run }) =>
        loadGeneration({ collections, collectionSearch, clock, logger }, collection, documents, {
          ...run,
          progress: (detail) => progress?.({ step: 'load', detail }),
        }),
      clock,
      logger,
      env: options.env,
      random: Math.random,
      fetch: globalThis.fetch,
      pause: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
    },
  })
}
