import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptedTasks,
  restartReason,
  workerArguments,
} from '../../../src/sealctl/kinds/worker/worker-command.ts';
import { taskTypes, type TaskCode } from '../../../src/core/lotus/task-type.ts';
import { acceptedBy } from '../model/daemon.ts';

const worker = { listen: { host: 'fd00::1', port: 3456 }, label: '-- "x" $y', args: ['--timeout=1h'] };
const implied = ['GET', 'C1', 'PR1', 'FIN', 'FUS', 'FRU'];
const sealing = taskTypes
  .map(({ code }) => code)
  .filter((code) => !['WNP', 'WDP', ...implied].includes(code));

describe('the command line of a worker', () => {
  it('opts into its tasks alone', () => {
    expect(workerArguments(worker, ['AP', 'PC1', 'DL'])).toEqual([
      'run',
      '--listen=[fd00::1]:3456',
      '--name=-- "x" $y',
      '--no-local-storage',
      '--no-default',
      '--addpiece',
      '--precommit1',
      '--sector-download',
      '--timeout=1h',
    ]);
    expect(workerArguments({ ...worker, args: [] }, [])).toEqual([
      'run',
      '--listen=[fd00::1]:3456',
      '--name=-- "x" $y',
      '--no-local-storage',
      '--no-default',
    ]);
  });

  it('makes Lotus accept exactly the tasks of cluster.yaml, for every set of them', () => {
    const tasks: fc.Arbitrary<TaskCode[]> = fc.oneof(
      fc.subarray(sealing),
      fc.constantFrom<TaskCode[]>(['WDP'], ['WNP']),
    );
    fc.assert(
      fc.property(tasks, (codes) => {
        const accepted = acceptedBy(['seal-worker', ...workerArguments(worker, codes)]);
        expect(new Set(accepted)).toEqual(new Set(acceptedTasks(codes)));
      }),
    );
  });
});

describe('a change of tasks', () => {
  it.each<[TaskCode[], TaskCode[], string | undefined]>([
    [['PC1'], ['PC1', 'PC2'], undefined],
    [['PC1', 'AP'], [], undefined],
    [['C2'], ['C2', 'PR2'], undefined],
    [['C2'], ['PC1'], undefined],
    [['PC1'], ['C2'], 'proof parameters are checked only when the worker starts'],
    [['PC1'], ['PC1', 'DL'], 'DL can be switched only when the worker starts'],
    [['PC1'], ['WDP'], 'WDP can be switched only when the worker starts'],
  ])('from %j to %j needs a restart because: %s', (before, after, reason) => {
    expect(restartReason(before, after)).toBe(reason);
  });

  it('back to the tasks it was started with needs none, even for C2', () => {
    expect(restartReason(['PC1'], ['PC1', 'C2'], ['PC1', 'C2'])).toBeUndefined();
  });
});
