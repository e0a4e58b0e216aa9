import { homeOf } from '../instance/home.js'
import { apiUrl } from '../instance/layers.js'
import { UserError } from '../instance/user-error.js'

/** GETs the serving layer of this home (or `TANDEM_API_URL`) and returns the JSON. Problems become `UserError`s. */
export async function callApi(path: string): Promise<unknown> {
  const base = process.env.TANDEM_API_URL ?? (await apiUrl(homeOf(process.env, process.cwd())))
  if (!base) throw new UserError('This home has no API yet: start it with tandem up.')
  const response = await fetch(new URL(path, base)).catch((error: Error) => {
    throw new UserError(
      `${base} does not answer (${(error.cause as Error | undefined)?.message ?? error.message}): is it up? Try tandem status.`,
    )
  })
  const body: unknown = await response.json()
  if (!response.ok) throw new UserError(problemText(body) ?? `${path} answered ${response.status}.`)
  return body
}

function problemText(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { title, detail } = body as { title?: unknown; detail?: unknown }
  return [title, detail].filter((part) => typeof part === 'string').join(': ') || undefined
}
