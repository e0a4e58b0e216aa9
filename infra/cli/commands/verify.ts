import type { Command } from 'commander'
import { openInstance } from '../../instance/instance.js'
import { printVerdict } from '../../verify/print-verdict.js'
import { verify } from '../../verify/verify.js'
import { printJson } from '../print.js'
import { progressLine } from '../progress.js'

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description(
      'recount every view from the lake and the topics, without registers or fold; exit code 0 only at drift 0',
    )
    .option('--json', 'one line of JSON')
    .action(async (options: { json?: boolean }) => {
      const verdict = await verify(await openInstance(), { say: options.json ? () => {} : progressLine })
      if (options.json) printJson(verdict)
      else printVerdict(verdict)
      if (verdict.drift !== 0) process.exitCode = 1
    })
}
