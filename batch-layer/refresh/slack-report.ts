import { IncomingWebhook } from '@slack/webhook'
import type { RunReport } from '../../stores/warm/run-reports.js'

/** Problems that a message names; the report holds all of them. */
const PROBLEMS_SHOWN = 10
const TIMEOUT_MS = 10_000

/** Sends how a run ended to a Slack channel's incoming webhook. @throws Error where Slack does not take it */
export async function sendSlackReport(url: string, report: RunReport): Promise<void> {
  const webhook = new IncomingWebhook(url, { timeout: TIMEOUT_MS })
  try {
    await webhook.send({ text: slackText(report) })
  } catch (cause) {
    // the URL is a secret: whoever has it can post
    throw new Error(`Slack did not take the report: ${String((cause as Error).message).replaceAll(url, 'the webhook')}`)
  }
}

/** The report in a few lines. */
export function slackText(report: RunReport): string {
  const { pipeline, week, status, sources, streams, views, changedWindows, problems, startedMs, endedMs, id } = report
  const seconds = endedMs === null ? '' : ` in ${Math.round((endedMs - startedMs) / 1000)} s`
  const loaded = sources.reduce((sum, source) => sum + source.loaded, 0)
  const records = streams.reduce((sum, stream) => sum + stream.records, 0)
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `• ${escaped(problem)}`)
  const more = problems.length - shown.length
  return [
    `Tandem refresh of ${pipeline}, week of ${week}: *${status}*${seconds}`,
    `${count(sources.length, 'source')} (${count(loaded, 'item')} new or changed), ${count(records, 'record')} recomputed into ${count(views, 'view')}, ${count(changedWindows, 'window')} changed`,
    ...shown,
    ...(more > 0 ? [`… and ${more} more`] : []),
    `run ${id}`,
  ].join('\n')
}

function count(n: number, what: string): string {
  return `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`
}

/** What Slack reads as markup. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
