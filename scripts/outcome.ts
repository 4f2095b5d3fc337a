/** What became of one part of the tests. */
export type Outcome =
  | { readonly kind: 'ran'; readonly passed: number; readonly failed: number; readonly skipped: number }
  | {
      readonly kind: 'left out';
      /** What stood in the way, each with what would remove it. */
      readonly obstacles: readonly { readonly what: string; readonly remedy: string }[];
    };

/** The parts of vitest's JSON report that are counted. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/**
 * Counts a vitest run. A file that failed without a failed test in it (it could not be loaded, or a hook broke) is one failure, and so
 * is a run that ended badly for a reason no test shows, or that left no report at all.
 */
export function outcomeOfVitest(report: VitestReport | undefined, exitCode: number): Outcome {
  if (report === undefined) return { kind: 'ran', passed: 0, failed: 1, skipped: 0 };
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((assertion) => assertion.status !== 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  return {
    kind: 'ran',
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * The end of a test run: a box with all that was not tested and what would enable it, and the line `N passed, N failed`. Where
 * everything is demanded, each part that was left out is a failure.
 */
export function summaryOf(
  outcomes: ReadonlyMap<string, Outcome>,
  everything: boolean,
): { readonly text: string; readonly failed: number } {
  let passed = 0;
  let failed = 0;
  const untested: string[] = [];
  for (const [part, outcome] of outcomes) {
    switch (outcome.kind) {
      case 'ran':
        passed += outcome.passed;
        failed += outcome.failed;
        if (outcome.skipped > 0) untested.push(`${part}: ${outcome.skipped} tests skipped themselves`);
        break;
      case 'left out':
        failed += everything ? 1 : 0;
        untested.push(`${part}: LEFT OUT${everything ? ', which counts as a failure here' : ''}`);
        for (const { what, remedy } of outcome.obstacles) untested.push(`  ${what}`, `    -> ${remedy}`);
        break;
    }
  }
  const box = untested.length > 0 ? `${boxed(['NOT EVERYTHING WAS TESTED', '', ...untested])}\n` : '';
  return { text: `${box}${passed} passed, ${failed} failed`, failed };
}

function boxed(lines: readonly string[]): string {
  const width = Math.max(...lines.map((line) => line.length));
  const bar = '#'.repeat(width + 4);
  return [bar, ...lines.map((line) => `# ${line.padEnd(width)} #`), bar].join('\n');
}
