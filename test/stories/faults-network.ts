import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { applyWithFault, expectRound, failedApply, patience, restartNeeded } from './faults.ts';
import type { FleetTestbed } from './fleet-testbed.ts';
import { otherWorkerProgram } from './testbed.ts';
import { apply, fieldLines, plan } from './plans.ts';
import type { Fixture } from './fixture.ts';

interface Fault {
  readonly what: string;
  readonly strike: (testbed: FleetTestbed) => Promise<unknown>;
  readonly repair: (testbed: FleetTestbed) => Promise<unknown>;
}

const host = 'worker-1';
const frozen: Fault = {
  what: 'frozen',
  strike: ({ fleet }) => fleet.freeze(host),
  repair: ({ fleet }) => fleet.thaw(host),
};
const silent: Fault = {
  what: 'cut off silently',
  strike: ({ fleet }) => fleet.cut(host, 'drop'),
  repair: ({ fleet }) => fleet.heal(host),
};
const reset: Fault = {
  what: 'cut off with a reset',
  strike: ({ fleet }) => fleet.cut(host, 'reset'),
  repair: ({ fleet }) => fleet.heal(host),
};
const withoutSshd: Fault = {
  what: 'rid of its sshd',
  strike: async ({ fleet }) => fleet.exec(host, ['sh', '-c', 'kill -9 $(pidof sshd)']),
  // systemd starts it again by itself.
  repair: async ({ fleet }) =>
    expect.poll(async () => (await fleet.exec(host, ['true'])).exitCode, { timeout: 30_000 }).toBe(0),
};
const rebooted: Fault = {
  what: 'rebooted by a power cut',
  strike: ({ fleet }) => fleet.kill(host),
  repair: ({ fleet }) => fleet.start(host),
};

/** A host that falls silent, is cut off or goes down, at every stage of the work; the others never wait for it. */
export function networkFaultStories(fixture: Fixture<FleetTestbed>): void {
  describe.each([frozen, silent, reset])('a host that is $what', ({ strike, repair }) => {
    it('an unreachable host is one line of the plan with the step that failed; the other hosts are planned and applied', async () => {
      const { testbed } = fixture;
      const round = restartNeeded(fixture, ['worker-2']);
      await strike(testbed);
      try {
        const { code, document } = await plan(testbed, patience);
        expect(code).toBe(1);
        expect(document.unreachable).toEqual([
          {
            host,
            step: 'probe',
            reason: expect.stringMatching(/^worker-1 (?:hung: .+ took longer than 5 s|cannot be reached)/),
          },
        ]);
        expect(fieldLines(document)).toEqual([
          expect.stringMatching(/^worker-2\/.* FAULT_ROUND: .*\[restart\]$/),
        ]);
        const { out } = await failedApply(testbed);
        expect(out).toContain('worker-2: done in');
        expect(out).toMatch(/^ {2}worker-1: unreachable/m);
      } finally {
        await repair(testbed);
      }
      await expectRound(testbed, ['worker-2'], round);
    });
  });

  describe('an upload', () => {
    it.each([frozen, silent, reset])(
      'an upload to a host that is $what fails and leaves no file under the name of the program',
      async ({ strike, repair }) => {
        const { testbed, cluster } = fixture;
        const file = otherWorkerProgram(testbed);
        const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
        cluster.edit((draft) => {
          draft.releases = { ...draft.releases, next: { worker: { file, sha256 } } };
          hostKeys(draft, host).release = 'next';
        });
        await testbed.fleet.rate(host, '40mbit');
        try {
          const { code, out, err } = await applyWithFault(testbed, /^worker-1: step \d+: \d+ % of/m, () =>
            strike(testbed),
          );
          expect(code).toBe(1);
          expect(out).toMatch(
            /^worker-1: step \d+: .*: FAILED: .*worker-1.*upload \/opt\/sealctl\/releases\//m,
          );
          expect(err).toMatch(/--> host worker-1/);
        } finally {
          await repair(testbed);
          await testbed.fleet.rate(host, 'off');
        }
        const path = `${testbed.layout(host).releases}/${sha256}/seal-worker`;
        expect((await testbed.exec(host, ['test', '-e', path])).code).toBe(1);
      },
    );

    it('the apply after an interrupted upload installs the program, and the worker runs it', async () => {
      const { testbed, cluster } = fixture;
      await apply(testbed);
      const pid = await testbed.pid(host, 'sealctl-worker-main');
      expect(await testbed.shell(host, `readlink /proc/${pid}/exe`)).toContain(
        cluster.now().releases?.['next']?.worker?.sha256,
      );
    });
  });

  describe.each([frozen, silent, reset, withoutSshd, rebooted])(
    'a host that is $what while its worker restarts',
    ({ strike, repair }) => {
      it('an apply to a host lost during a restart fails with the step, finishes the other host, and the next apply resumes', async () => {
        const { testbed } = fixture;
        const round = restartNeeded(fixture, [host, 'worker-2']);
        try {
          const { code, out, err } = await applyWithFault(
            testbed,
            /^worker-1: step \d+: stop sealctl-worker-main: done/m,
            () => strike(testbed),
          );
          expect(code).toBe(1);
          expect(out).toMatch(/^worker-1: step \d+: .+: FAILED: .*worker-1/m);
          expect(err).toMatch(/--> host worker-1/);
          expect(out).toContain('worker-2: done in');
        } finally {
          await repair(testbed);
        }
        await expectRound(testbed, [host, 'worker-2'], round);
      });
    },
  );

  describe('the host of the miner', () => {
    it('the host of the miner, lost during a restart, is named with what was done, and the next apply finishes', async () => {
      const { testbed } = fixture;
      const round = restartNeeded(fixture, [host]);
      try {
        const { code, out } = await applyWithFault(
          testbed,
          /^worker-1: step \d+: stop sealctl-worker-main: done/m,
          () => testbed.fleet.cut('miner-1', 'drop'),
        );
        expect(code).toBe(1);
        expect(out).toMatch(/^worker-1: step \d+: .+: FAILED: .*miner-1/m);
        expect(out).toMatch(/^ {2}miner-1: unreachable/m);
      } finally {
        await testbed.fleet.heal('miner-1');
      }
      await expectRound(testbed, [host], round, '--break-lock');
    });
  });
}
