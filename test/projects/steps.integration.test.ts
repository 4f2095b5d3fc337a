import { describe, expect, it } from 'vitest';
import { runFixtures } from './run-fixtures.ts';

const run = async (file: string, words: readonly string[] = [], fails?: string): Promise<string[]> => {
  const tests = await runFixtures(['--project=steps', file, ...words], fails ? { FIXTURE_FAILS: fails } : {});
  return tests.map(({ title, status }) => `${title}: ${status === 'pending' ? 'not run' : status}`);
};

describe('a test file in steps', () => {
  it('skips the rest of the file after a step that failed', async () => {
    expect(await run('file-in-steps.ts', [], 'walls')).toEqual([
      'prepares the cluster: passed',
      'raises the walls: failed',
      'puts on the roof: skipped',
      'sweeps up: skipped',
    ]);
  });

  it('runs the steps before the test that -t names, and none after it', async () => {
    expect(await run('file-in-steps.ts', ['-t', 'covering puts on'])).toEqual([
      'prepares the cluster: passed',
      'raises the walls: passed',
      'puts on the roof: passed',
      'sweeps up: not run',
    ]);
  });

  it('runs nothing where -t names none of its tests', async () => {
    expect(new Set(await run('file-in-steps.ts', ['-t', 'no such test']))).toEqual(
      new Set([
        'prepares the cluster: not run',
        'raises the walls: not run',
        'puts on the roof: not run',
        'sweeps up: not run',
      ]),
    );
  });
});

describe('a test file of stories in steps', () => {
  it('skips the rest of the story that failed, repairs what it left, and goes on with the next', async () => {
    expect(await run('stories-in-steps.ts', [], 'storm')).toEqual([
      'breaks a wall: failed',
      'passes: skipped',
      'rises: passed',
      'falls: passed',
    ]);
  });

  it('fails one test of a story and skips the rest where nothing can be repaired', async () => {
    expect(await run('stories-in-steps.ts', [], 'repair')).toEqual([
      'breaks a wall: failed',
      'passes: skipped',
      'rises: failed',
      'falls: skipped',
    ]);
  });

  it('runs only the story of the test that -t names', async () => {
    expect(await run('stories-in-steps.ts', ['-t', 'falls'])).toEqual([
      'breaks a wall: not run',
      'passes: not run',
      'rises: passed',
      'falls: passed',
    ]);
  });
});

describe('a test file that declares no steps', () => {
  it('runs only the test that -t names', async () => {
    expect(await run('independent.ts', ['-t', 'second of two'])).toEqual([
      'is the first of two: not run',
      'is the second of two: passed',
    ]);
  });
});
