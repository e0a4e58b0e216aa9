import type { Instance } from '../instance/instance.js'
import { apiUrl } from '../instance/layers.js'

/** Where a person or a program looks. */
export async function urlsOf(
  instance: Instance,
): Promise<{ api: string | null; temporal: string | null; prometheus?: string }> {
  const { temporal } = await instance.connections()
  const prometheus = (await instance.engines.status()).find((engine) => engine.name === 'prometheus' && engine.ready)
  return {
    api: await apiUrl(instance.home),
    temporal: temporal.uiUrl ?? null,
    ...(prometheus ? { prometheus: `http://127.0.0.1:${prometheus.port}` } : {}),
  }
}

export async function printWhereToLook(instance: Instance): Promise<void> {
  const urls = await urlsOf(instance)
  console.log(`
  live page    ${urls.api}/
  API          ${urls.api}/docs
  Temporal UI  ${urls.temporal ?? 'none'}${urls.prometheus ? `\n  Prometheus   ${urls.prometheus}` : ''}
`)
}
