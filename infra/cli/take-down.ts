import type { Instance } from '../instance/instance.js'
import { LAYERS, stopLayer } from '../instance/layers.js'

/** Stops the layers and then the engines, so that no layer sees its engines go. Safe to repeat. */
export async function takeDown({ home, engines }: Pick<Instance, 'home' | 'engines'>, options: { readonly wipe?: boolean } = {}): Promise<void> {
  await Promise.all(LAYERS.map((layer) => stopLayer(home, layer)))
  await engines.down(options)
}
