/** Prints vitest's JSON report (the file named first) as one line for CI: `N passed, N failed, N skipped`. */
import { readFileSync } from 'node:fs';
import { argv, exit } from 'node:process';

interface VitestReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** A file that does not load runs no test, and must still count as a failure. */
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[];
}

const [path] = argv.slice(2);
if (path === undefined) throw new TypeError('Cannot count the tests as no report is named: npm exec tsx scripts/counts.ts <report.json>');

const report = JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
const broken = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
const failed = report.numFailedTests + broken;
const skipped = report.numPendingTests + report.numTodoTests;
console.log(`${report.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
exit(report.success && failed === 0 && report.numPassedTests > 0 ? 0 : 1);
