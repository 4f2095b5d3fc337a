import { execa } from 'execa';
import { join } from 'node:path';

/** What became of each test of the fixtures. */
export interface FixtureTest {
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo';
  readonly failureMessages: readonly string[];
}

/** Runs Vitest on test files of fixtures/, with further words for its command line. */
export async function runFixtures(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<FixtureTest[]> {
  const { stdout, stderr } = await execa(
    process.execPath,
    [join(import.meta.dirname, '../../node_modules/vitest/vitest.mjs'), 'run', '--reporter=json', ...words],
    { cwd: join(import.meta.dirname, 'fixtures'), env, reject: false },
  );
  if (!stdout.startsWith('{')) throw new Error(`vitest left no report: ${stdout}\n${stderr}`);
  const report = JSON.parse(stdout) as {
    readonly testResults: { readonly assertionResults: FixtureTest[] }[];
  };
  return report.testResults.flatMap(({ assertionResults }) => assertionResults);
}
