import { expect, test } from 'vitest';
import { type Outcome, outcomeOfVitest, summaryOf, type VitestReport } from '../../scripts/outcome.ts';

const allPassed: VitestReport = {
  numPassedTests: 3,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [
    { name: 'a.test.ts', status: 'passed', assertionResults: [{ status: 'passed', fullName: 'it works' }] },
  ],
};
const leftOut: Outcome = { kind: 'left out', obstacles: [{ what: 'not root', remedy: 'run it as root' }] };

test('a clean vitest run counts its tests', () => {
  expect(outcomeOfVitest(allPassed, 0)).toEqual({
    kind: 'ran',
    passed: 3,
    failed: 0,
    skipped: 0,
    failures: [],
  });
});

test('a failed test counts once, although its file failed with it', () => {
  const assertionResults = [
    { status: 'passed', fullName: 'it works' },
    { status: 'failed', fullName: 'it breaks' },
  ];
  const report = { ...allPassed, testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults }] };
  expect(outcomeOfVitest(report, 1)).toMatchObject({
    passed: 3,
    failed: 1,
    failures: ['a.test.ts: it breaks'],
  });
});

test('a failed test repeats its message without colors and stack, cut to twenty lines', () => {
  const said = ['\u001B[31mexpected 1 to be 0\u001B[39m', '', '    at a.test.ts:3:1'];
  const more = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const failed = (fullName: string, lines: readonly string[]) => ({
    status: 'failed',
    fullName,
    failureMessages: [lines.join('\n')],
  });
  const assertionResults = [failed('it breaks', said), failed('it says much', more)];
  const report = { ...allPassed, testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults }] };
  expect(outcomeOfVitest(report, 1)).toMatchObject({
    failures: [
      'a.test.ts: it breaks\n    expected 1 to be 0',
      `a.test.ts: it says much\n    ${more.slice(0, 20).join('\n    ')}\n    ...`,
    ],
  });
});

test('a file that could not be loaded counts as a failure, although no test in it failed', () => {
  const report = {
    ...allPassed,
    testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults: [] }],
  };
  expect(outcomeOfVitest(report, 1)).toMatchObject({
    passed: 3,
    failed: 1,
    failures: ['a.test.ts, outside its tests'],
  });
});

test('a bad end that no test explains is a failure, and so is a run without a report', () => {
  expect(outcomeOfVitest(allPassed, 1)).toMatchObject({ passed: 3, failed: 1 });
  expect(outcomeOfVitest(undefined, 137)).toMatchObject({ passed: 0, failed: 1 });
});

test('the summary of all parts is one line when everything was tested', () => {
  const ran: Outcome = { kind: 'ran', passed: 5, failed: 0, skipped: 0, failures: [] };
  const outcomes = new Map([
    ['gates', ran],
    ['unit', ran],
  ]);
  expect(summaryOf(outcomes, true)).toEqual({ text: '10 passed, 0 failed', failed: 0 });
});

test('what failed is named again at the end, with the part it is in', () => {
  const failures = ['a.test.ts: it breaks'];
  const outcome: Outcome = { kind: 'ran', passed: 5, failed: 1, skipped: 0, failures };
  expect(summaryOf(new Map([['unit', outcome]]), true).text).toBe(
    'FAILED unit: a.test.ts: it breaks\n5 passed, 1 failed',
  );
});

test('what was left out stands in a box, with the way to enable it, and ends before the last line', () => {
  const outcomes = new Map<string, Outcome>([
    ['unit', { kind: 'ran', passed: 5, failed: 0, skipped: 2, failures: [] }],
    ['fleet', leftOut],
  ]);
  const { text, failed } = summaryOf(outcomes, false);
  expect(text).toBe(`####################################
# NOT EVERYTHING WAS TESTED        #
#                                  #
# unit: 2 tests skipped themselves #
# fleet: LEFT OUT                  #
#   not root                       #
#     -> run it as root            #
####################################
5 passed, 0 failed`);
  expect(failed).toBe(0);
});

test('where everything is demanded, a part that was left out is a failure', () => {
  const { text, failed } = summaryOf(new Map([['fleet', leftOut]]), true);
  expect(text).toContain('fleet: LEFT OUT, which counts as a failure here');
  expect(text.split('\n').at(-1)).toBe('0 passed, 1 failed');
  expect(failed).toBe(1);
});
