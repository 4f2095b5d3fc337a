import { expect, it } from 'vitest';
import { explainText } from '../../../../src/daemons/cli/seal-miner/sched-diag.ts';
import { sealingJobsText } from '../../../../src/daemons/cli/seal-miner/sealing-jobs.ts';
import { zeroUuid, type WorkerJob } from '../../../../src/core/lotus/rpc-values.ts';

const job = (id: string, number: number, task: string, RunWait: number, Start: string): WorkerJob => ({
  ID: { Sector: { Miner: 1000, Number: number }, ID: id },
  Sector: { Miner: 1000, Number: number },
  Task: task,
  RunWait,
  Start,
});

it('lists jobs in the layout and order of Lotus', () => {
  const away = job(
    '7e41c0aa-0000-4000-8000-000000000000',
    112,
    'seal/v0/precommit/2',
    -1,
    '2026-05-01T00:28:37.6Z',
  );
  const text = sealingJobsText(
    {
      '5f0c7a1e-3b52-4b0d-9a77-0c1d2e3f4a5b': [
        job(zeroUuid, 121, 'seal/v0/precommit/1', 1, '2026-05-01T09:56:50Z'),
        job('1b6f02d9-0000-4000-8000-000000000000', 117, 'seal/v0/precommit/1', 0, '2026-05-01T08:47:15.9Z'),
      ],
      [zeroUuid]: [{ ...away, Hostname: 'seal-b' }],
    },
    {},
    Date.parse('2026-05-01T10:00:00Z'),
  );
  expect(text).toBe(
    [
      'ID        Sector  Worker    Hostname  Task  State     Time',
      '7e41c0aa  112     00000000  seal-b    PC2   ret-wait  9h31m22.4s',
      '1b6f02d9  117     5f0c7a1e            PC1   running   1h12m44.1s',
      '00000000  121     5f0c7a1e            PC1   prepared  3m10s',
      '',
    ].join('\n'),
  );
});

it('explains a waiting task with one line for each reason', () => {
  const reasons = [
    { Worker: 'a', Hostname: 'seal-a', Reason: 'PC1 is at its limit of 4' },
    { Worker: 'b', Hostname: 'seal-b', Reason: 'the worker does not take PC1' },
    { Worker: 'c', Hostname: 'seal-c', Reason: 'PC1 is at its limit of 4' },
  ];
  const request = {
    Sector: { Miner: 1000, Number: 7 },
    TaskType: 'seal/v0/precommit/1',
    Priority: 0,
    SchedId: 'id',
  };
  expect(explainText([{ ...request, WaitingMs: 61_000, Reasons: reasons }])).toBe(
    'Sector 7 PC1 (id), waiting for 1m1s\n\tseal-a, seal-c: PC1 is at its limit of 4\n\tseal-b: the worker does not take PC1\n',
  );
  expect(explainText([])).toBe('No task waits for a worker.\n');
});
