import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { daemonCommand, listedWorkers } from './daemons.ts';
import { otherWorkerProgram, type Testbed } from './testbed.ts';
import { apply, plannedLines } from './plans.ts';
import type { Fixture } from './fixture.ts';

const worker = 'sealctl-worker-main';

/** Edits of cluster.yaml, each with the plan it causes and what it costs; every one ends with an empty plan. */
export function editStories(fixture: Fixture): void {
  const runningPid = async (host: string) => {
    const pid = await fixture.testbed.pid(host, worker);
    expect(pid).toBeDefined();
    return pid;
  };

  describe('an edit of cluster.yaml', () => {
    it('an edit of a limit restarts only its worker', async () => {
      const before = { one: await runningPid('worker-1'), two: await runningPid('worker-2') };
      fixture.cluster.edit((file) => {
        hostKeys(file, 'worker-1').limits = { PC1: 5, PC2: 1 };
      });
      expect(await plannedLines(fixture.testbed)).toEqual([
        'worker-1/worker/main/env PC1_2K_MAX_CONCURRENT: "4" -> "5" [restart]',
      ]);
      await apply(fixture.testbed);
      expect(await environmentOf(fixture.testbed, 'worker-1')).toContain('PC1_2K_MAX_CONCURRENT=5');
      expect(await runningPid('worker-1')).not.toBe(before.one);
      expect(await runningPid('worker-2')).toBe(before.two);
    });

    it('an edit of an env value of all workers restarts each, one host at a time', async () => {
      fixture.cluster.edit((file) => {
        file.defaults = {
          ...file.defaults,
          env: { ...file.defaults?.env, FIL_PROOFS_USE_MULTICORE_SDR: '1' },
        };
      });
      expect(await plannedLines(fixture.testbed)).toEqual(
        ['worker-1', 'worker-2', 'worker-3'].map(
          (host) => `${host}/worker/main/env FIL_PROOFS_USE_MULTICORE_SDR: "1" [restart]`,
        ),
      );
      const out = await apply(fixture.testbed);
      const order = [...out.matchAll(/^(worker-\d): (started|done)/gm)].map(
        ([, host, what]) => `${host} ${what}`,
      );
      expect(order).toEqual(
        ['worker-3', 'worker-1', 'worker-2'].flatMap((host) => [`${host} started`, `${host} done`]),
      );
      for (const host of ['worker-1', 'worker-2', 'worker-3'])
        expect(await environmentOf(fixture.testbed, host)).toContain('FIL_PROOFS_USE_MULTICORE_SDR=1');
      expect(await listedWorkers(fixture.testbed, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
    });

    it('an edit of a task set changes the running worker without a restart', async () => {
      const pid = await runningPid('worker-3');
      fixture.cluster.edit((file) => {
        file.taskSets = { ...file.taskSets, 'pc1-only': ['AP', 'PC1'] };
      });
      const lines = await plannedLines(fixture.testbed);
      expect(lines.map((line) => line.replace(/:.*\[/, ' ['))).toEqual([
        'worker-3/worker/main/unit tasks [live]',
        'worker-3/worker/main/tasks tasks [live]',
      ]);
      await apply(fixture.testbed);
      expect(await runningPid('worker-3')).toBe(pid);
      expect(await daemonCommand(fixture.testbed, 'worker-3', 'worker-main', 'info')).toMatch(
        /^Task types: .*\bAP\b/m,
      );
    });

    it('an edit of a storage group is redeclared by the running worker and shows in the miner’s index', async () => {
      const pid = await runningPid('worker-3');
      fixture.cluster.edit((file) => {
        file.storageGroups = {
          ...file.storageGroups,
          'group-2': { members: ['worker-2'], feeders: ['worker-3'] },
        };
      });
      const { data } = fixture.testbed.host('worker-3');
      expect(await plannedLines(fixture.testbed)).toEqual([
        `worker-3/worker/main/storage${data}/seal AllowTo: [group-1] -> [group-1 group-2] [redeclare]`,
      ]);
      await apply(fixture.testbed);
      expect(await runningPid('worker-3')).toBe(pid);
      expect(await daemonCommand(fixture.testbed, 'miner-1', 'miner', 'storage list')).toContain(
        'AllowTo: group-1, group-2',
      );
    });

    it('an edit of a release uploads it and restarts the worker on it; the previous release stays installed', async () => {
      const { shell, layout } = fixture.testbed;
      const old = await runningProgram(fixture.testbed, 'worker-2');
      const file = otherWorkerProgram(fixture.testbed);
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      fixture.cluster.edit((draft) => {
        draft.releases = { ...draft.releases, next: { worker: { file, sha256 } } };
        hostKeys(draft, 'worker-2').release = 'next';
      });
      const short = sha256.slice(0, 12);
      expect(
        (await plannedLines(fixture.testbed)).map((line) => line.replace(/"[0-9a-f]{12}" -> /, '')),
      ).toEqual([
        `worker-2/releases next: "seal-worker (${short})" [live]`,
        `worker-2/worker/main/release release: "next (${short})" [restart]`,
      ]);
      await apply(fixture.testbed);
      expect(await runningProgram(fixture.testbed, 'worker-2')).toBe(
        `${layout('worker-2').releases}/${sha256}/seal-worker`,
      );
      expect(await shell('worker-2', `test -x '${old}' && echo kept`)).toBe('kept');
    });
  });
}

/** The environment a worker's process was started with, a variable a line. */
async function environmentOf(testbed: Testbed, host: string): Promise<string[]> {
  const pid = await testbed.pid(host, worker);
  return (await testbed.shell(host, `tr '\\0' '\\n' </proc/${pid}/environ`)).split('\n');
}

async function runningProgram(testbed: Testbed, host: string): Promise<string> {
  return testbed.shell(host, `readlink /proc/${await testbed.pid(host, worker)}/exe`);
}
