import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hostKeys } from './cluster-file.ts';
import { expectRound, failedApply, restartNeeded } from './faults.ts';
import { plan } from './plans.ts';
import type { Fixture } from './fixture.ts';

const host = 'worker-1';

/** A machine that shows another key than the one that is known, or one that nobody knows. */
export function hostKeyFaultStories(fixture: Fixture): void {
  /** known_hosts, with the keys of the one host replaced. */
  const knownHosts = (replaced: (name: string) => string[]): string => {
    const { testbed } = fixture;
    const { keys } = testbed.host(host);
    const name = keys.ssh?.port === undefined ? String(keys.address) : `[${keys.address}]:${keys.ssh.port}`;
    const lines = readFileSync(testbed.defaults.ssh?.knownHosts ?? '', 'utf8')
      .trimEnd()
      .split('\n');
    const others = lines.filter((line) => line.split(' ')[0] !== name);
    expect(others.length).toBeLessThan(lines.length);
    const file = join(testbed.workspace, 'known_hosts');
    writeFileSync(file, [...others, ...replaced(name), ''].join('\n'));
    return file;
  };
  const otherKey = () => {
    const file = join(fixture.testbed.workspace, `other-${Date.now()}`);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  };

  describe('a host whose key', () => {
    it.each([
      {
        how: 'is another than the known one',
        lines: (name: string) => [`${name} ${otherKey()}`],
        says: [/the host key of worker-1 has changed/, /SHA256:\S+.*presents .*SHA256:/, /ssh-keygen -R/],
      },
      {
        how: 'is not known',
        lines: () => [],
        says: [/worker-1 is not in known_hosts/, /SHA256:/, /ssh-keyscan|accept-new/],
      },
      {
        how: 'is revoked',
        lines: (name: string) => [`@revoked * ${keyOf(name)}`],
        says: [/the host key of worker-1 is revoked/, /SHA256:/, /do not connect/],
      },
    ])(
      'a host whose key $how is not logged in to; the other hosts are planned and applied',
      async ({ lines, says }) => {
        const { testbed, cluster } = fixture;
        const file = knownHosts(lines);
        const round = restartNeeded(fixture, [host, 'worker-2']);
        const { ssh } = hostKeys(cluster.now(), host);
        cluster.edit((draft) => {
          hostKeys(draft, host).ssh = { ...ssh, knownHosts: file };
        });
        try {
          const { code, document } = await plan(testbed);
          expect(code).toBe(1);
          expect(document.unreachable.map((each) => each.host)).toEqual([host]);
          for (const text of says) expect(document.unreachable[0]?.reason).toMatch(text);
          const { out } = await failedApply(testbed);
          expect(out).toContain('worker-2: done in');
        } finally {
          cluster.edit((draft) => {
            if (ssh === undefined) delete hostKeys(draft, host).ssh;
            else hostKeys(draft, host).ssh = ssh;
          });
        }
        await expectRound(testbed, [host, 'worker-2'], round);
      },
    );
  });

  function keyOf(name: string): string {
    const text = readFileSync(fixture.testbed.defaults.ssh?.knownHosts ?? '', 'utf8');
    const line = text.split('\n').find((each) => each.split(' ')[0] === name);
    return (line ?? '').split(' ').slice(1, 3).join(' ');
  }
}
