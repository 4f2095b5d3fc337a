import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { expectNothingToDo, plannedLines } from './plans.ts';
import type { Fixture } from './fixture.ts';

/** A plan that is reviewed now and applied later. */
export function savedPlanStories(fixture: Fixture): void {
  const inWorkspace = (file: string) => join(fixture.testbed.workspace, file);
  const setLimit = (limit: number) =>
    fixture.cluster.edit((file) => {
      hostKeys(file, 'worker-1').limits = { PC1: limit, PC2: 1 };
    });
  /** Applies a saved plan that must not fit any more, and gives what was said. */
  const refused = async (): Promise<string> => {
    const { code, err } = await fixture.testbed.sealctl('apply', '--yes', 'plan.json');
    expect(code).toBe(1);
    expect(err).toContain('plan.json is out of date; nothing was changed');
    expect(err).toContain('sealctl plan --out');
    return err;
  };

  describe('a saved plan', () => {
    it('a saved plan is refused after an edit of cluster.yaml', async () => {
      setLimit(6);
      expect((await fixture.testbed.sealctl('plan', '--out=plan.json')).code).toBe(2);
      setLimit(7);
      expect(await refused()).toContain('cluster.yaml has changed');
      setLimit(6);
    });

    it('a saved plan is refused after a change on a host, which the refusal names', async () => {
      const file = `${fixture.testbed.layout('worker-2').environment}/worker-main.env`;
      await fixture.testbed.shell(
        'worker-2',
        `cp -p '${file}' '${file}.before'; echo 'PC1_2K_MAX_CONCURRENT="99"' >>'${file}'`,
      );
      const said = await refused();
      expect(said).toContain('worker-2 has changed');
      expect(said).not.toContain('worker-3');
      await fixture.testbed.shell('worker-2', `mv '${file}.before' '${file}'`);
    });

    it('a saved plan is refused after a secret changed; the refusal names its source and never its value', async () => {
      writeFileSync(inWorkspace('rpc.secret'), 'first-value\n', { mode: 0o600 });
      fixture.cluster.edit((file) => {
        hostKeys(file, 'worker-3').env = { STORY_SECRET: { file: 'rpc.secret' } };
      });
      const { code, out } = await fixture.testbed.sealctl('plan', '--out=plan.json');
      expect(code).toBe(2);
      expect(statSync(inWorkspace('plan.json')).mode & 0o777).toBe(0o600);
      expect(out + readFileSync(inWorkspace('plan.json'), 'utf8')).not.toContain('first-value');
      writeFileSync(inWorkspace('rpc.secret'), 'second-value\n');
      const said = await refused();
      expect(said).toMatch(/the secret from .*rpc\.secret.* has changed/);
      expect(said).not.toMatch(/first-value|second-value/);
    });

    it('a saved plan is applied as reviewed, and a changed secret is reported without its value', async () => {
      expect((await fixture.testbed.sealctl('plan', '--out=plan.json')).code).toBe(2);
      const { code, out, err } = await fixture.testbed.sealctl('apply', '--yes', 'plan.json');
      expect(code, out + err).toBe(0);
      expect(out + err).not.toContain('second-value');
      await expectNothingToDo(fixture.testbed);
      const pid = await fixture.testbed.pid('worker-3', 'sealctl-worker-main');
      const environment = await fixture.testbed.shell('worker-3', `tr '\\0' '\\n' </proc/${pid}/environ`);
      expect(environment).toContain('STORY_SECRET=second-value');
    });

    it('a plan shows a changed secret as changed, and an unreadable secret as an error with its place', async () => {
      writeFileSync(inWorkspace('rpc.secret'), 'third-value\n');
      expect(await plannedLines(fixture.testbed)).toEqual([
        'worker-3/worker/main/env STORY_SECRET: (secret, changed) [restart]',
      ]);
      writeFileSync(inWorkspace('rpc.secret'), 'second-value\n');
      fixture.cluster.edit((file) => {
        hostKeys(file, 'worker-3').env = { STORY_SECRET: { file: 'nowhere.secret' } };
      });
      const { code, err } = await fixture.testbed.sealctl('plan');
      expect(code).toBe(1);
      expect(err).toContain('nowhere.secret');
      fixture.cluster.edit((file) => {
        hostKeys(file, 'worker-3').env = { STORY_SECRET: { file: 'rpc.secret' } };
      });
      await expectNothingToDo(fixture.testbed);
    });

    it('a JSON file of another kind is refused as a plan', async () => {
      writeFileSync(inWorkspace('plan.json'), '{"version": 1}');
      chmodSync(inWorkspace('plan.json'), 0o600);
      const { code, err } = await fixture.testbed.sealctl('apply', '--yes', 'plan.json');
      expect(code).toBe(1);
      expect(err).toContain('plan.json is not a plan this sealctl can apply');
    });
  });
}
