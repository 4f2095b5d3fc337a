import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inSteps } from '../projects/steps.ts';
import { hostKeys } from './cluster-file.ts';
import { restartNeeded } from './faults.ts';
import { smallCluster } from './killed-applies.ts';
import { expectNothingToDo } from './plans.ts';
import { openSandboxTestbed } from './sandbox-testbed.ts';
import { openFixture } from './fixture.ts';
import { ctrlC } from './terminal.ts';

const soon = { timeout: 60_000, interval: 50 };
const fixture = openFixture(() => openSandboxTestbed(['miner-1', 'worker-1', 'worker-2']), smallCluster);

inSteps('file');

describe('an apply that somebody watches on a terminal', () => {
  it('apply on a terminal shows the plan, asks, and draws a line per host, ticked when the host is done', async () => {
    const terminal = fixture.testbed.terminal('apply');
    await expect.poll(terminal.shown, soon).toContain('Apply this plan?');
    terminal.type('yes\r');
    expect(await terminal.ended, terminal.shown()).toBe(0);
    for (const host of ['miner-1', 'worker-1', 'worker-2'])
      expect(terminal.shown()).toMatch(new RegExp(`^✔ ${host} \\(\\d+\\.\\ds\\)$`, 'm'));
    expect(terminal.shown()).toMatch(/^ *› \[\d+\/\d+\] /m);
    expect(terminal.shown()).toContain('Applied: demo matches cluster.yaml.');
  });

  it('apply on a terminal says who holds the lock, and ends', async () => {
    const { testbed, cluster } = fixture;
    restartNeeded(fixture, ['worker-1']);
    cluster.edit((draft) => {
      draft.rollout = { maxUnavailable: 1, healthyFor: '3s' };
    });
    const first = testbed.start('apply', '--yes');
    const { lock } = testbed.layout('miner-1');
    await expect.poll(async () => (await testbed.exec('miner-1', ['test', '-e', lock])).code, soon).toBe(0);
    restartNeeded(fixture, ['worker-2']);
    const second = testbed.terminal('apply', '--yes');
    expect(await second.ended, second.shown()).toBe(1);
    expect(second.shown()).toContain('error[cluster-locked]');
    expect(second.shown()).toContain('--break-lock');
    expect((await first.ended).code).toBeDefined();
  });

  it('apply on a terminal ends after the running step when Ctrl-C is pressed once, and can be run again', async () => {
    const { testbed, cluster } = fixture;
    cluster.edit((draft) => {
      draft.rollout = { maxUnavailable: 1, healthyFor: '2m' };
    });
    restartNeeded(fixture, ['worker-1', 'worker-2']);
    const terminal = testbed.terminal('apply', '--yes');
    await expect.poll(terminal.shown, soon).toMatch(/› \[\d+\/\d+\] start sealctl-worker-main/);
    terminal.type(ctrlC);
    await expect.poll(terminal.shown, soon).toContain('interrupted, stops after the running step');
    expect(await terminal.ended, terminal.shown()).toBe(1);
    expect(terminal.shown()).toMatch(/^↓ worker-\d: interrupted at \[\d+\/\d+\] .+$/m);
    expect(terminal.shown()).toMatch(/^↓ worker-\d: not started \(the apply was interrupted\)$/m);
    expect(terminal.shown()).not.toContain('✔ worker');
    expect(terminal.shown()).toContain('Run `sealctl apply` again');
    const { lock } = testbed.layout('miner-1');
    expect((await testbed.exec('miner-1', ['test', '-e', lock])).code).toBe(1);
    cluster.edit((draft) => {
      draft.rollout = { maxUnavailable: 2, healthyFor: '1s' };
    });
    const again = await testbed.sealctl('apply', '--yes');
    expect(again.code, again.out + again.err).toBe(0);
    await expectNothingToDo(testbed);
  });

  it('apply on a terminal marks a failed host, reports its rollback and cause, and ticks no host that was not started', async () => {
    const { testbed, cluster } = fixture;
    const file = join(testbed.workspace, 'broken');
    writeFileSync(file, '#!/bin/sh\necho "no such instruction on this CPU" >&2; exit 1\n', { mode: 0o755 });
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    cluster.edit((draft) => {
      draft.releases = { ...draft.releases, broken: { worker: { file, sha256 } } };
      for (const host of ['worker-1', 'worker-2']) hostKeys(draft, host).release = 'broken';
      draft.rollout = { maxUnavailable: 1, canary: 'worker-1', healthyFor: '1s' };
    });
    const terminal = testbed.terminal('apply', '--yes');
    expect(await terminal.ended, terminal.shown()).toBe(1);
    const shown = terminal.shown().replaceAll(/\s+/g, ' ');
    expect(shown).toMatch(
      /✖ worker-1: start sealctl-worker-main: .* did not stay up; rolled back to its previous release and configuration/,
    );
    expect(shown).toContain('↓ worker-2: not started (worker-1 failed)');
    expect(shown).toContain('no such instruction on this CPU');
    expect(shown).not.toContain('✔ worker');
  });
});
