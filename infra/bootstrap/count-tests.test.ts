import { expect, test } from 'vitest'
import { countTests } from './count-tests.mjs'

const file = (status: string, ...tests: string[]) => ({ status, assertionResults: tests.map((s) => ({ status: s })) })
const report = (...testResults: object[]) => JSON.stringify({ testResults })

test('passed and failed tests are counted over all files', () => {
  const text = report(file('passed', 'passed', 'passed', 'skipped'), file('failed', 'passed', 'failed'))
  expect(countTests(text, 1)).toEqual({ passed: 3, failed: 1 })
})

test('a file that cannot be loaded is a failure', () => {
  expect(countTests(report(file('failed')), 1)).toEqual({ passed: 0, failed: 1 })
})

test('a run that failed without a failed test is a failure, with a report or without', () => {
  expect(countTests(report(file('passed', 'passed')), 1)).toEqual({ passed: 1, failed: 1 })
  expect(countTests(null, null)).toEqual({ passed: 0, failed: 1 })
})
