import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Stage } from './stage.ts';

const hosts = ['miner-1', 'worker-1', 'worker-2'] as const;

/** The miner's token is where it must be, and nowhere else: not in what any command says, keeps or runs, on either side. */
export function keptSecretStories(stage: Stage): void {
  describe("the miner's admin token", () => {
    let token: string;
    /** What distinguishes it from any other text: its signature. */
    let mark: string;

    it('is known to the workers after an apply', async () => {
      const applied = await stage.ground.sealctl('apply', '--yes');
      expect(applied.code, `${applied.out}${applied.err}`).toBe(0);
      const { repos } = stage.ground.layout('miner-1');
      token = (await stage.ground.shell('miner-1', `cat '${repos}/miner/token'`)).trim();
      mark = token.split('.')[2] ?? '';
      expect(mark).not.toBe('');
      const { environment } = stage.ground.layout('worker-1');
      expect(await stage.ground.shell('worker-1', `cat '${environment}'/*.env`)).toContain(mark);
    });

    it('is in nothing that any command prints', async () => {
      stage.cluster.edit((draft) => {
        draft.defaults = { ...draft.defaults, env: { ...draft.defaults?.env, CHANGED: 'yes' } };
      });
      const commands = [
        ['validate', '--format=json'],
        ['show', 'worker-1'],
        ['show', 'worker-1', '--format=json'],
        ['plan'],
        ['plan', '--format=json'],
        ['plan', '--format=markdown'],
        ['plan', '--out', 'saved.json'],
        ['apply', '--yes', '--format=json'],
        ['status'],
        ['status', '--format=json'],
        ['drain', 'worker-1', '--reason', 'secrets', '--format=json'],
        ['undrain', 'worker-1'],
        ['history'],
        ['history', '--format=json'],
      ];
      for (const words of commands) {
        const { out, err } = await stage.ground.sealctl(...words);
        expect(`${out}${err}`.includes(mark), `sealctl ${words.join(' ')} tells it`).toBe(false);
      }
    });

    it('is in no file that sealctl leaves with its user', () => {
      const telling = filesBelow(stage.ground.workspace).filter((file) => readFileSync(file).includes(mark));
      expect(telling).toEqual([]);
    });

    it('is on hosts in private files only, and in no command line', async () => {
      for (const host of hosts) {
        const { state, environment, services, repos } = stage.ground.layout(host);
        const found = await stage.ground.shell(
          host,
          `grep -rlF -e '${mark}' '${state}' '${environment}' '${services}' '${repos}' 2>/dev/null | while read -r file; do stat -c '%a %n' "$file"; done`,
        );
        const files = found.split('\n').filter((line) => line !== '');
        for (const line of files) expect(line, host).toMatch(/^600 /);
        for (const line of files) expect(line, host).toMatch(/\.env$|\/token$/);
        const told = await stage.ground.shell(
          host,
          `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -cF -e '${mark}' || :`,
        );
        // The command that searches has it on its own line.
        expect(Number(told), host).toBeLessThanOrEqual(1);
      }
    });
  });
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());
}
