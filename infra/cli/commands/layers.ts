import type { Command } from 'commander'
import type { Layer } from '../../instance/layers.js'
import { runLayer } from '../run-layer.js'

const WHAT: Readonly<Record<Layer, string>> = {
  speed: 'run the speed layer alone, in the foreground',
  worker: 'run the batch layer alone (the Temporal worker), in the foreground',
  serve: 'run the serving layer alone, in the foreground',
}

export function addLayers(program: Command): void {
  for (const layer of Object.keys(WHAT) as Layer[])
    program
      .command(layer)
      .description(WHAT[layer])
      .action(() => runLayer(layer))
}
