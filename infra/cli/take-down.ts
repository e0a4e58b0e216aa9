import { rm } from 'node:fs/promises'
import type { Instance } from '../instance/instance.js'
import { LAYERS, stopLayer } from '../instance/layers.js'

/**
 * Stops the layers and then the engines, so that no layer sees its engines go. Safe to repeat. With `wipe` the engines' data
 * and the lake go as well: one without the other would not fit together.
 */
export async function takeDown(
  { home, engines }: Pick<Instance, 'home' | 'engines'>,
  { wipe = false }: { readonly wipe?: boolean } = {},
): Promise<void> {
  await Promise.all(LAYERS.map((layer) => stopLayer(home, layer)))
  await engines.down({ wipe })
  if (wipe)
    for (const path of [home.lake, home.landing, home.logs, home.run]) await rm(path, { recursive: true, force: true })
}
