import { afterEach, expect, test, vi } from 'vitest'
import { HotUnavailableError } from '../../stores/hot/hot-unavailable-error.js'
import { RefusedError, RunFailedError } from '../../workflows/refused-error.js'
import { TemporalUnavailableError } from '../../workflows/temporal-unavailable-error.js'
import { UserError } from '../instance/user-error.js'
import { reportError } from './report-error.js'

afterEach(() => vi.restoreAllMocks())

function printed(error: unknown): string {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((line) => lines.push(String(line)))
  expect(reportError(error)).toBe(1)
  return lines.join('\n')
}

test('what a person can mend is told without a stack: a dead engine, a wrong word', () => {
  const failed = [new RefusedError('there is no backfill "x"'), new RunFailedError('seal-x', 'no such partition')]
  const dead = [new TemporalUnavailableError('127.0.0.1:7233'), new HotUnavailableError('CONNECTION', 'ECONNREFUSED')]
  for (const error of [...dead, ...failed, new UserError('There is no stream "x".')]) {
    expect(printed(error)).toContain(error.message)
    expect(printed(error)).not.toMatch(/\n\s+at /)
  }
  expect(printed(failed[1])).toBe('run seal-x failed: no such partition')
  expect(printed(dead[0])).toContain('Temporal at 127.0.0.1:7233 does not answer\nIs this installation up?')
})

test('what only we can mend comes with its stack', () => {
  expect(printed(new TypeError('x is undefined'))).toMatch(/TypeError: x is undefined\n\s+at /)
})
