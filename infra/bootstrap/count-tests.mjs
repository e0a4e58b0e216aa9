/**
 * Tests that passed and failed, from Vitest's JSON report (null if there is none) and its exit code. A file that could
 * not be loaded counts as one failure, and so does a run that failed with every test green, such as one whose engines
 * did not start: failures are never 0 unless the exit code was.
 */
export function countTests(reportText, exitCode) {
  const report = reportText === null ? { testResults: [] } : JSON.parse(reportText)
  let passed = 0
  let failed = 0
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map((result) => result.status)
    passed += statuses.filter((status) => status === 'passed').length
    const failures = statuses.filter((status) => status === 'failed').length
    failed += failures === 0 && file.status === 'failed' ? 1 : failures
  }
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}
