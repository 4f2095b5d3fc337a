import { stripVTControlCharacters } from 'node:util';

/** What became of one part of the tests. */
export type Outcome =
  | {
      readonly kind: 'ran';
      readonly passed: number;
      readonly failed: number;
      readonly skipped: number;
      /** What failed, each by the name to find it by above. */
      readonly failures: readonly string[];
    }
  | {
      readonly kind: 'left out';
      /** What stood in the way, each with what would remove it. */
      readonly obstacles: readonly { readonly what: string; readonly remedy: string }[];
    };

/** The parts of vitest's JSON report that are counted. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
}

/**
 * Counts a vitest run. A file that failed without a failed test in it (it could not be loaded, or a hook broke) is one failure, and so
 * is a run that ended badly for a reason no test shows, or that left no report at all.
 */
export function outcomeOfVitest(report: VitestReport | undefined, exitCode: number): Outcome {
  const ended = `the run ended with ${exitCode}`;
  if (report === undefined)
    return { kind: 'ran', passed: 0, failed: 1, skipped: 0, failures: [`${ended} and left no report`] };
  const failures = report.testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((assertion) => assertion.status === 'failed');
    if (tests.length > 0)
      return tests.map(({ fullName, failureMessages }) =>
        [`${name}: ${fullName}`, ...shownOf(failureMessages ?? [])].join('\n    '),
      );
    return status === 'failed' ? [`${name}, outside its tests`] : [];
  });
  if (failures.length === 0 && exitCode !== 0) failures.push(`${ended}, though no test failed`);
  return {
    kind: 'ran',
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

/** Lines of a failure that the end of a run repeats, for who is shown the end alone. */
const shownLines = 20;

function shownOf(messages: readonly string[]): string[] {
  const lines = stripVTControlCharacters(messages.join('\n')).split('\n');
  const shown = lines.filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  return [...shown.slice(0, shownLines), ...(shown.length > shownLines ? ['...'] : [])];
}

/**
 * The end of a test run: a box with all that was not tested and what would enable it, and the line `N passed, N failed`. Where
 * everything is demanded, each part that was left out is a failure. What failed stands between the two by name.
 */
export function summaryOf(
  outcomes: ReadonlyMap<string, Outcome>,
  everything: boolean,
): { readonly text: string; readonly failed: number } {
  let passed = 0;
  let failed = 0;
  const untested: string[] = [];
  const failures: string[] = [];
  for (const [part, outcome] of outcomes) {
    switch (outcome.kind) {
      case 'ran':
        passed += outcome.passed;
        failed += outcome.failed;
        failures.push(...outcome.failures.map((failure) => `FAILED ${part}: ${failure}`));
        if (outcome.skipped > 0) untested.push(`${part}: ${outcome.skipped} tests skipped themselves`);
        break;
      case 'left out':
        failed += everything ? 1 : 0;
        untested.push(`${part}: LEFT OUT${everything ? ', which counts as a failure here' : ''}`);
        for (const { what, remedy } of outcome.obstacles) untested.push(`  ${what}`, `    -> ${remedy}`);
        break;
    }
  }
  const box = untested.length > 0 ? [boxed(['NOT EVERYTHING WAS TESTED', '', ...untested])] : [];
  return { text: [...box, ...failures, `${passed} passed, ${failed} failed`].join('\n'), failed };
}

function boxed(lines: readonly string[]): string {
  const width = Math.max(...lines.map((line) => line.length));
  const bar = '#'.repeat(width + 4);
  return [bar, ...lines.map((line) => `# ${line.padEnd(width)} #`), bar].join('\n');
}
