export function countTests(reportText: string | null, exitCode: number | null): { passed: number; failed: number }
