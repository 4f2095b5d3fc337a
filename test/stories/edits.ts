import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { daemonCommand, listedWorkers } from './daemons.ts';
import { otherWorkerProgram, type StoryGround } from './ground.ts';
import { apply, plannedLines } from './plans.ts';
import type { Stage } from './stage.ts';

const worker = 'sealctl-worker-main';

/** Edits of cluster.yaml, each with the plan it causes and what it costs; every one ends with an empty plan. */
export function editStories(stage: Stage): void {
  const runningPid = async (host: string) => {
    const pid = await stage.ground.pid(host, worker);
    expect(pid).toBeDefined();
    return pid;
  };

  describe('an edit of cluster.yaml', () => {
    it('of a limit restarts the one worker', async () => {
      const before = { one: await runningPid('worker-1'), two: await runningPid('worker-2') };
      stage.cluster.edit((file) => {
        hostKeys(file, 'worker-1').limits = { PC1: 5, PC2: 1 };
      });
      expect(await plannedLines(stage.ground)).toEqual([
        'worker-1/worker/main/env PC1_2K_MAX_CONCURRENT: "4" -> "5" [restart]',
      ]);
      await apply(stage.ground);
      expect(await environmentOf(stage.ground, 'worker-1')).toContain('PC1_2K_MAX_CONCURRENT=5');
      expect(await runningPid('worker-1')).not.toBe(before.one);
      expect(await runningPid('worker-2')).toBe(before.two);
    });

    it('of an env value of all workers restarts each, one host at a time', async () => {
      stage.cluster.edit((file) => {
        file.defaults = {
          ...file.defaults,
          env: { ...file.defaults?.env, FIL_PROOFS_USE_MULTICORE_SDR: '1' },
        };
      });
      expect(await plannedLines(stage.ground)).toEqual(
        ['worker-1', 'worker-2', 'worker-3'].map(
          (host) => `${host}/worker/main/env FIL_PROOFS_USE_MULTICORE_SDR: "1" [restart]`,
        ),
      );
      const out = await apply(stage.ground);
      const order = [...out.matchAll(/^(worker-\d): (started|done)/gm)].map(
        ([, host, what]) => `${host} ${what}`,
      );
      expect(order).toEqual(
        ['worker-3', 'worker-1', 'worker-2'].flatMap((host) => [`${host} started`, `${host} done`]),
      );
      for (const host of ['worker-1', 'worker-2', 'worker-3'])
        expect(await environmentOf(stage.ground, host)).toContain('FIL_PROOFS_USE_MULTICORE_SDR=1');
      expect(await listedWorkers(stage.ground, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
    });

    it('of a task set is told to the running worker', async () => {
      const pid = await runningPid('worker-3');
      stage.cluster.edit((file) => {
        file.taskSets = { ...file.taskSets, 'pc1-only': ['AP', 'PC1'] };
      });
      const lines = await plannedLines(stage.ground);
      expect(lines.map((line) => line.replace(/:.*\[/, ' ['))).toEqual([
        'worker-3/worker/main/unit tasks [live]',
        'worker-3/worker/main/tasks tasks [live]',
      ]);
      await apply(stage.ground);
      expect(await runningPid('worker-3')).toBe(pid);
      expect(await daemonCommand(stage.ground, 'worker-3', 'worker-main', 'info')).toMatch(
        /^Task types: .*\bAP\b/m,
      );
    });

    it('of a storage group is read again by the running worker, and the miner’s index shows it', async () => {
      const pid = await runningPid('worker-3');
      stage.cluster.edit((file) => {
        file.storageGroups = {
          ...file.storageGroups,
          'group-2': { members: ['worker-2'], feeders: ['worker-3'] },
        };
      });
      const { data } = stage.ground.host('worker-3');
      expect(await plannedLines(stage.ground)).toEqual([
        `worker-3/worker/main/storage${data}/seal AllowTo: [group-1] -> [group-1 group-2] [redeclare]`,
      ]);
      await apply(stage.ground);
      expect(await runningPid('worker-3')).toBe(pid);
      expect(await daemonCommand(stage.ground, 'miner-1', 'miner', 'storage list')).toContain(
        'AllowTo: group-1, group-2',
      );
    });

    it('of a release ships it and restarts the worker on it; the old one stays beside it', async () => {
      const { shell, layout } = stage.ground;
      const old = await runningProgram(stage.ground, 'worker-2');
      const file = otherWorkerProgram(stage.ground);
      const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
      stage.cluster.edit((draft) => {
        draft.releases = { ...draft.releases, next: { worker: { file, sha256 } } };
        hostKeys(draft, 'worker-2').release = 'next';
      });
      const short = sha256.slice(0, 12);
      expect(
        (await plannedLines(stage.ground)).map((line) => line.replace(/"[0-9a-f]{12}" -> /, '')),
      ).toEqual([
        `worker-2/releases next: "seal-worker (${short})" [live]`,
        `worker-2/worker/main/release release: "next (${short})" [restart]`,
      ]);
      await apply(stage.ground);
      expect(await runningProgram(stage.ground, 'worker-2')).toBe(
        `${layout('worker-2').releases}/${sha256}/seal-worker`,
      );
      expect(await shell('worker-2', `test -x '${old}' && echo kept`)).toBe('kept');
    });
  });
}

/** The environment a worker's process was started with, a variable a line. */
async function environmentOf(ground: StoryGround, host: string): Promise<string[]> {
  const pid = await ground.pid(host, worker);
  return (await ground.shell(host, `tr '\\0' '\\n' </proc/${pid}/environ`)).split('\n');
}

async function runningProgram(ground: StoryGround, host: string): Promise<string> {
  return ground.shell(host, `readlink /proc/${await ground.pid(host, worker)}/exe`);
}
