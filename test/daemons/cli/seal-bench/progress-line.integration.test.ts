import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { progressLine } from '../../../../src/daemons/cli/seal-bench/progress-line.ts';
import { runSealBench } from './run-seal-bench.ts';

const clear = '\r\u001b[K';

test('a stage shows its share and the time left, and clears its line at its end', () => {
  const written: string[] = [];
  let milliseconds = 0;
  const report = progressLine(
    (text) => written.push(text),
    () => milliseconds,
  );
  report({ stage: 'layer-1', done: 0, total: 400 });
  milliseconds = 60_000;
  report({ stage: 'layer-1', done: 100, total: 400 });
  report({ stage: 'layer-1', done: 400, total: 400 });
  expect(written).toEqual([
    `${clear}layer-1 [${' '.repeat(30)}] 0 %`,
    `${clear}layer-1 [${'|'.repeat(8)}${' '.repeat(22)}] 25 %, 3m0s left`,
    clear,
  ]);
});

test('progress is drawn where errors go to a terminal, and nowhere else', async () => {
  const words = ['sealing', '--sector-size', '2KiB', '--parent-cache', join(tmpdir(), 'seal-test-parents')];
  expect((await runSealBench(words)).err).not.toContain(clear);
  expect((await runSealBench(words, {}, { errTerminal: true })).err).toContain(`${clear}layer-1 [`);
});
