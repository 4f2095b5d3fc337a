import { describe, expect, it } from 'vitest';
import { listedWorkers, pids } from './daemons.ts';
import { expectNothingToDo, plan } from './plans.ts';
import type { Fixture } from './fixture.ts';

const services = [
  ['miner-1', 'sealctl-miner'],
  ['worker-1', 'sealctl-worker-main'],
  ['worker-2', 'sealctl-worker-main'],
  ['worker-3', 'sealctl-worker-main'],
] as const;

/** From hosts with nothing on them to a cluster that matches cluster.yaml. */
export function provisioningStory(fixture: Fixture): void {
  describe('the three-worker storage-group example', () => {
    it('the plan of four empty hosts shows only additions, and the canary before the other workers', async () => {
      const { code, document } = await plan(fixture.testbed);
      expect(code).toBe(2);
      expect(document.hosts.map(({ host }) => host)).toEqual(['miner-1', 'worker-1', 'worker-2', 'worker-3']);
      const changes = document.hosts.flatMap((host) => host.changes);
      expect(new Set(changes.map(({ action, class: cost }) => `${action} ${cost}`))).toEqual(
        new Set(['create live']),
      );
      expect(document.waves.slice(0, 2)).toEqual([['miner-1'], ['worker-3']]);
      expect(document.waves.flat().toSorted()).toEqual(['miner-1', 'worker-1', 'worker-2', 'worker-3']);
    });

    it('a plan changes nothing on the hosts', async () => {
      for (const [host] of services) {
        const { root } = fixture.testbed.host(host).keys;
        expect(
          await fixture.testbed.shell(host, `ls -A '${root ?? '/var/lib/sealctl'}' 2>/dev/null || :`),
        ).toBe('');
      }
    });

    it('apply without a terminal and without --yes is refused', async () => {
      const { code, err } = await fixture.testbed.sealctl('apply');
      expect(code).toBe(1);
      expect(err).toContain('standard input is not a terminal');
      expect(err).toContain('sealctl apply --yes');
      expect(await fixture.testbed.pid('miner-1', 'sealctl-miner').catch(() => undefined)).toBeUndefined();
    });

    it('after one apply three workers are registered with their tasks, limits and groups', async () => {
      const { code, out, err } = await fixture.testbed.sealctl('apply', '--yes');
      expect(code, `${out}${err}`).toBe(0);
      expect(out).toContain('Applied: demo matches cluster.yaml.');
      expect(await listedWorkers(fixture.testbed, 'miner-1')).toEqual(['worker-1', 'worker-2', 'worker-3']);
      const status = await fixture.testbed.sealctl('status', '--format=json');
      expect(status.code).toBe(0);
      expect(JSON.parse(status.out)).toMatchObject({
        miner: { host: 'miner-1', answers: true },
        workers: [
          {
            host: 'worker-1',
            state: 'up',
            tasks: expect.arrayContaining(['AP', 'PC1', 'PC2']),
            limits: { PC1: 4 },
          },
          { host: 'worker-2', state: 'up', limits: { PC1: 4, PC2: 1 } },
          { host: 'worker-3', state: 'up', tasks: ['PC1'], limits: { PC1: 8 } },
        ],
      });
    });

    it('after an apply a second plan is empty, and a second apply restarts no process', async () => {
      const before = await pids(fixture.testbed, services);
      expect(Object.values(before)).not.toContain(undefined);
      await expectNothingToDo(fixture.testbed);
      const said = await fixture.testbed.sealctl('plan');
      expect(said.out).toContain('No changes: demo matches cluster.yaml.');
      const again = await fixture.testbed.sealctl('apply', '--yes');
      expect(again.code, again.err).toBe(0);
      expect(await pids(fixture.testbed, services)).toEqual(before);
    });

    it('history shows an apply from the journal of this machine and the log of each host', async () => {
      const { code, out } = await fixture.testbed.sealctl('history', '--format=json');
      expect(code).toBe(0);
      const history = JSON.parse(out) as History;
      expect(history.local.map(({ head, result }) => [head.operation, result?.done.toSorted()])).toEqual([
        ['apply', ['miner-1', 'worker-1', 'worker-2', 'worker-3']],
      ]);
      for (const { host, lines } of history.hosts) {
        expect(lines, host).toHaveLength(1);
        expect(lines[0], host).toMatchObject({ operation: 'apply', outcome: 'done' });
      }
      expect((await fixture.testbed.sealctl('history')).out).toContain('Runs started on this machine');
    });
  });
}

interface History {
  readonly local: readonly {
    readonly head: { readonly operation: string };
    readonly result?: { readonly done: readonly string[] };
  }[];
  readonly hosts: readonly { readonly host: string; readonly lines: readonly object[] }[];
}
