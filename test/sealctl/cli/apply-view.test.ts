import { expect, test, vi } from 'vitest';
import type { ApplyEvent } from '../../../src/sealctl/apply/executor/events.ts';
import { jsonApplyView, plainApplyView, type ApplyView } from '../../../src/sealctl/cli/apply/apply-view.ts';
import { liveApplyView } from '../../../src/sealctl/cli/apply/live-apply-view.ts';

const failedCanary: readonly ApplyEvent[] = [
  { event: 'host-started', host: 'c', steps: 1 },
  {
    event: 'step-failed',
    host: 'c',
    index: 0,
    title: 'start it',
    problems: [{ code: 'x', severity: 'error', summary: 'it crashed' }],
  },
  { event: 'rolled-back', host: 'c' },
  { event: 'host-failed', host: 'c' },
  { event: 'no-new-hosts', because: 'c failed', waiting: ['d'] },
];

async function show(view: ApplyView): Promise<void> {
  for (const event of failedCanary) view.notify(event);
  await view.end();
}

test('a canary that was rolled back is reported in plain lines and in JSON', async () => {
  const plain: string[] = [];
  const json: string[] = [];
  await show(plainApplyView((line) => plain.push(line)));
  await show(jsonApplyView((line) => json.push(line)));
  expect(plain).toContain('c: rolled back to its previous release and configuration');
  expect(json).toContain('{"event":"rolled-back","host":"c"}');
});

test('a canary that was rolled back is reported on its line of the live tree, with what failed', async () => {
  const written: string[] = [];
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    }),
  );
  try {
    await show(liveApplyView(['c', 'd'], new AbortController().signal));
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  const text = written.join('');
  expect(text).toContain('c: start it: it crashed; rolled back to its previous release and configuration');
  expect(text).toContain('d: not started (c failed)');
});
