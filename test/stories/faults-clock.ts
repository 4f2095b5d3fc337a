import { afterAll, describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { listedWorkers } from './daemons.ts';
import { environmentOf, restartNeeded } from './faults.ts';
import type { FleetTestbed } from './fleet-testbed.ts';
import { apply, expectNothingToDo } from './plans.ts';
import type { Fixture } from './fixture.ts';

/** Debian's libfaketime, of the package of that name. It leaves the monotonic clock alone, as a wrong date does. */
const wrongClock = (offset: string) => ({
  LD_PRELOAD: '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  FAKETIME: offset,
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
});
const sshdFile = '/etc/ssh/sshd_config.d/clock.conf';
const soon = { timeout: 30_000, interval: 20 };

/** Hosts that disagree about the time by up to two hours: the miner's is an hour behind, one worker's an hour ahead. */
export function clockFaultStories(fixture: Fixture<FleetTestbed>): void {
  /** Everything that sealctl runs on the host sees this clock. */
  const setClock = async (host: string, offset: string) => {
    const variables = Object.entries(wrongClock(offset)).map(([name, value]) => `${name}=${value}`);
    const file = `SetEnv ${variables.join(' ')}\n`;
    const { exitCode } = await fixture.testbed.fleet.exec(host, [
      'sh',
      '-euc',
      `printf %s "$1" >"$2"; systemctl reload ssh`,
      'sh',
      file,
      sshdFile,
    ]);
    expect(exitCode).toBe(0);
    const off = async () =>
      Math.round((Number(await fixture.testbed.shell(host, 'date +%s')) - Date.now() / 1000) / 3600);
    await expect.poll(off, soon).toBe(Number.parseInt(offset));
  };

  describe('hosts whose clocks are an hour off', () => {
    afterAll(async () => {
      for (const host of ['miner-1', 'worker-1'])
        await fixture.testbed.fleet.exec(host, ['sh', '-c', `rm -f ${sshdFile}; systemctl reload ssh`]);
    });

    it('hosts with wrong clocks are planned and applied, and their workers serve the miner', async () => {
      const { testbed, cluster } = fixture;
      await setClock('miner-1', '-1h');
      await setClock('worker-1', '+1h');
      cluster.edit((draft) => {
        hostKeys(draft, 'worker-1').env = wrongClock('+1h');
      });
      // An apply that lost this miner's host has left its lock, and the silence of its holder counts anew on a clock that was set back.
      await apply(testbed, '--break-lock');
      expect(await environmentOf(testbed, 'worker-1')).toContain('FAKETIME=+1h');
      await expect.poll(() => listedWorkers(testbed, 'miner-1'), soon).toEqual(['worker-1', 'worker-2']);
    });

    it('a second apply does not take the lock of a running apply for stale because a clock is wrong', async () => {
      const { testbed, cluster } = fixture;
      const { rollout } = cluster.now();
      restartNeeded(fixture, ['worker-2']);
      // Long enough for a second apply to come, however busy this machine is.
      cluster.edit((draft) => {
        draft.rollout = { ...draft.rollout, healthyFor: '15s' };
      });
      const first = testbed.start('apply', '--yes');
      await expect.poll(first.said, soon).toContain('worker-2: step');
      const second = await testbed.sealctl('apply', '--yes');
      expect(second).toMatchObject({ code: 1, err: expect.stringContaining('--break-lock') });
      expect(await first.ended).toMatchObject({ code: 0 });
      cluster.edit((draft) => {
        draft.rollout = rollout;
      });
      await expectNothingToDo(testbed);
    });
  });
}
