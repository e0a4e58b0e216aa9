import type { Command } from 'commander'
import { openInstance } from '../../instance/instance.js'
import { layerStatus } from '../../instance/layers.js'
import { printJson, printTable } from '../print.js'
import { urlsOf } from '../urls.js'

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what runs, where, and how much memory it takes; exit code 1 unless all of it is ready')
    .option('--json', 'one line of JSON')
    .action(async (options: { json?: boolean }) => {
      const instance = await openInstance()
      const [engines, layers] = await Promise.all([instance.engines.status(), layerStatus(instance)])
      const ready = [...engines, ...layers].every((part) => part.ready)
      const urls = await urlsOf(instance)
      if (options.json) printJson({ ready, urls, engines, layers })
      else {
        printTable(
          engines.map(({ name, provider, port, pid, rssMiB, ready }) => ({
            engine: name,
            provider,
            port: `${port}`,
            pid: pid ? `${pid}` : null,
            rssMiB,
            ready: ready ? 'yes' : 'NO',
          })),
        )
        console.log()
        printTable(
          layers.map(({ name, pid, rssMiB, ready }) => ({
            layer: name,
            pid: pid ? `${pid}` : null,
            rssMiB,
            ready: ready ? 'yes' : 'NO',
          })),
        )
        console.log(`\napi ${urls.api ?? '–'}   temporal ${urls.temporal ?? '–'}`)
      }
      if (!ready) process.exitCode = 1
    })
}
